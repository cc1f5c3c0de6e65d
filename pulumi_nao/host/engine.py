"""Talking to the engine: lines on a resource's own row, and noticing when the engine is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Callable

_LOG_TIMEOUT = 5.0


class Engine:
    """The engine that runs this process.

    Args:
        address: Where it listens, `127.0.0.1:port`.
        on_gone: Called when the connection is lost: the engine was killed, and nobody reads any answer.
    """

    def __init__(self, address: str, on_gone: Callable[[], None]) -> None:
        self._on_gone = on_gone
        self._was_ready = False
        self._channel = grpc.insecure_channel(address)
        self._stub = engine_pb2_grpc.EngineStub(self._channel)
        self._channel.subscribe(self._changed, try_to_connect=True)

    def status(self, urn: str, message: str) -> bool:
        """Show progress on a resource's row, and as a line where nobody watches a terminal.

        Args:
            urn: The resource.
            message: One line.

        Returns:
            Whether the engine took it.
        """
        return self._log(engine_pb2.INFO, urn, message, ephemeral=True)

    def warn(self, urn: str, message: str) -> bool:
        """Add a warning to a resource.

        Args:
            urn: The resource.
            message: One line or several.

        Returns:
            Whether the engine took it.
        """
        return self._log(engine_pb2.WARNING, urn, message)

    def error(self, urn: str, message: str) -> bool:
        """Add an error to a resource.

        Args:
            urn: The resource.
            message: One line or several.

        Returns:
            Whether the engine took it.
        """
        return self._log(engine_pb2.ERROR, urn, message)

    def _log(
        self, severity: engine_pb2.LogSeverity.ValueType, urn: str, message: str, *, ephemeral: bool = False
    ) -> bool:
        try:
            self._stub.Log(
                engine_pb2.LogRequest(severity=severity, urn=urn, message=message, ephemeral=ephemeral),
                timeout=_LOG_TIMEOUT,
            )
        except grpc.RpcError:
            return False
        return True

    def _changed(self, connectivity: grpc.ChannelConnectivity) -> None:
        if connectivity is grpc.ChannelConnectivity.READY:
            self._was_ready = True
        elif connectivity is grpc.ChannelConnectivity.TRANSIENT_FAILURE and self._was_ready:
            self._on_gone()
