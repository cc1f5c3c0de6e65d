"""A trial of the plugin host: `python -m pulumi.dynamic` as the engine starts it, asked to check a publication."""

from __future__ import annotations

import base64
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from pulumi_nao.errors import NaoError
from pulumi_nao.provider import TrackingConfigPublicationProvider
from pulumi_nao.text import printable
from pulumi_nao.waiting.threads import NO_THREAD, could_start

_TIMEOUT = 30.0
# More than a server, a channel and a timer take; grpc's server never ends where it got none.
_THREADS = 8
_URN = "urn:pulumi:doctor::doctor::pulumi-python:dynamic/nao:TrackingConfigPublication::trial"


class _Engine(engine_pb2_grpc.EngineServicer):
    """The engine's side: keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def Log(self, request: engine_pb2.LogRequest, _context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        if request.severity >= engine_pb2.WARNING:
            self.warnings.append(printable(request.message))
        return empty_pb2.Empty()


def lacks() -> list[str]:
    """Run a host for a moment, and tell what it says that it cannot do. `NaoError` says why it does not answer."""
    if not could_start(_THREADS):
        raise NaoError(NO_THREAD)
    engine = _Engine()
    server = grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        _try_host(f"127.0.0.1:{port}")
    except grpc.RpcError as error:
        raise NaoError(str(error.details())) from None
    finally:
        server.stop(0)
    return engine.warnings


def _try_host(engine_address: str) -> None:
    with subprocess.Popen(  # noqa: S603 - this Python
        [sys.executable, "-u", "-m", "pulumi.dynamic", engine_address],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        # Whatever hangs, the doctor does not.
        timer = threading.Timer(_TIMEOUT, process.kill)
        timer.start()
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port.isdigit():
                process.kill()
                _, complaints = process.communicate()
                raise NaoError((complaints.strip().splitlines() or ["it says nothing"])[-1])
            with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
                _check(provider_pb2_grpc.ResourceProviderStub(channel))
        finally:
            timer.cancel()
            process.kill()


def _check(stub: provider_pb2_grpc.ResourceProviderStub) -> None:
    stub.Configure(provider_pb2.ConfigureRequest(), timeout=_TIMEOUT)
    provider = base64.b64encode(pickle.dumps(TrackingConfigPublicationProvider())).decode()
    news = struct_pb2.Struct()
    news.update({"__provider": provider, "site_id": 1})
    stub.Check(provider_pb2.CheckRequest(urn=_URN, news=news), timeout=_TIMEOUT)
