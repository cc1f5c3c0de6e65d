"""Talking to the engine: lines on a resource's own row, and noticing when it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG_TIMEOUT = 5.0


class Engine:
    """The engine that runs this process. Each line says whether the engine took it.

    `on_gone` is called when the connection is lost: the engine was killed, and nobody reads any answer; `on_absent`
    when there was none from the start.
    """

    def __init__(self, address: str, on_gone: Callable[[], None], on_absent: Callable[[], None]) -> None:
        self._on_gone = on_gone
        self._on_absent: Callable[[], None] | None = on_absent
        self._was_ready = False
        self._reconnecting = False
        # On this machine: a proxy of the environment could not reach it.
        self._channel = grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)])
        self._send = engine_pb2_grpc.EngineStub(self._channel).Log
        self._new_line = engine_pb2.LogRequest
        self._info, self._warning, self._error = engine_pb2.INFO, engine_pb2.WARNING, engine_pb2.ERROR
        self._channel.subscribe(self._changed, try_to_connect=True)

    def status(self, urn: str, message: str) -> bool:
        return self._log(self._info, urn, message, ephemeral=True)

    def warn(self, urn: str, message: str) -> bool:
        return self._log(self._warning, urn, message)

    def error(self, urn: str, message: str) -> bool:
        return self._log(self._error, urn, message)

    def _log(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, message: str, *, ephemeral: bool = False
    ) -> bool:
        try:
            line = self._new_line(severity=severity, urn=urn, message=message, ephemeral=ephemeral)
            self._send(line, timeout=_LOG_TIMEOUT)
        except grpc.RpcError:
            return False
        return True

    def _changed(self, connectivity: grpc.ChannelConnectivity) -> None:
        if connectivity is grpc.ChannelConnectivity.READY:
            self._was_ready, self._reconnecting = True, False
        elif connectivity is grpc.ChannelConnectivity.IDLE and self._was_ready and not self._reconnecting:
            # A lost connection and one that was not needed for long look alike until another is tried.
            self._reconnecting = True
            self._channel.unsubscribe(_ignore)
            self._channel.subscribe(_ignore, try_to_connect=True)
        elif connectivity is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
            if self._was_ready:
                self._on_gone()
            elif self._on_absent:
                self._on_absent()
                self._on_absent = None


def _ignore(_connectivity: grpc.ChannelConnectivity) -> None:
    """Listen only so that the channel connects."""
