"""Drives the real plugin host, `python -m pulumi.dynamic`, over gRPC as the engine does.

The engine's side is a stand-in that only takes log lines.
"""

from __future__ import annotations

import base64
import os
import pickle
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc, status_pb2

from pulumi_nao.provider import ApiCallProvider, TrackingConfigPublicationProvider
from tests.leaks import WATCH

if TYPE_CHECKING:
    from pathlib import Path

URN = "urn:pulumi:test::project::pulumi-python:dynamic/nao:TrackingConfigPublication::site"
CALL_URN = "urn:pulumi:test::project::pulumi-python:dynamic/nao:ApiCall::call"
PROVIDER = base64.b64encode(pickle.dumps(TrackingConfigPublicationProvider(), protocol=4)).decode()
CALL_PROVIDER = base64.b64encode(pickle.dumps(ApiCallProvider(), protocol=4)).decode()
Bag = Mapping[str, Any]


class EngineLog(engine_pb2_grpc.EngineServicer):
    """Takes log lines."""

    def __init__(self) -> None:
        self.lines: list[Any] = []

    def Log(self, request: Any, _context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        self.lines.append(request)
        WATCH.note_text(request.message)
        return empty_pb2.Empty()


class PluginHost:
    """A host process and the calls that the engine makes.

    Attributes:
        stub: The calls themselves.
        log: What the process told the engine.
        pid: The process.
        stop_engine: Ends the engine's side.
        patience: Seconds that a call may take.
    """

    def __init__(self, stub: Any, log: EngineLog, stderr: Path, pid: int, stop_engine: Callable[[], object]) -> None:
        self.stub = stub
        self.log = log
        self.pid = pid
        self.stop_engine = stop_engine
        self.patience = 60.0
        self._stderr = stderr

    def errors(self) -> str:
        """What the process has written to its standard error so far."""
        return self._stderr.read_text()

    def check(self, news: Bag, olds: Bag | None = None, urn: str = URN) -> Any:
        return self._call("Check", provider_pb2.CheckRequest(urn=urn, olds=_bag(olds or {}), news=_bag(news)))

    def diff(self, olds: Bag, news: Bag, urn: str = URN) -> Any:
        return self._call("Diff", provider_pb2.DiffRequest(id="910", urn=urn, olds=_bag(olds), news=_bag(news)))

    def create(self, inputs: Bag, timeout: float = 0.0, urn: str = URN) -> Any:
        return self._call("Create", provider_pb2.CreateRequest(urn=urn, properties=_bag(inputs), timeout=timeout))

    def update(self, olds: Bag, news: Bag, timeout: float = 0.0, urn: str = URN) -> Any:
        request = provider_pb2.UpdateRequest(id="910", urn=urn, olds=_bag(olds), news=_bag(news), timeout=timeout)
        return self._call("Update", request)

    def read(self, properties: Bag, urn: str = URN) -> Any:
        return self._call("Read", provider_pb2.ReadRequest(id="910", urn=urn, properties=_bag(properties)))

    def delete(self, properties: Bag) -> Any:
        return self._call("Delete", provider_pb2.DeleteRequest(id="910", urn=URN, properties=_bag(properties)))

    def cancel(self) -> None:
        self._call("Cancel", empty_pb2.Empty())

    def _call(self, method: str, request: Any) -> Any:
        try:
            answer = getattr(self.stub, method)(request, timeout=self.patience)
        except grpc.RpcError as error:
            WATCH.note_text(error.details(), *(value for _, value in error.trailing_metadata() or ()))
            raise
        WATCH.note_text(str(answer))
        return answer


def failure_of(error: grpc.RpcError) -> tuple[str, provider_pb2.ErrorResourceInitFailed | None]:
    """Read a failed call as the engine does.

    Args:
        error: What the call raised.

    Returns:
        The text, and what is to be saved; `None` for nothing.

    Raises:
        RpcError: It is another failure than one that the provider reports.
    """
    metadata: dict[str, Any] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type] # pairs
    if "grpc-status-details-bin" not in metadata:
        raise error
    status = status_pb2.Status()
    status.ParseFromString(metadata["grpc-status-details-bin"])
    if not status.details:
        return status.message, None
    saved = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(saved)
    return status.message, saved


@contextmanager
def serving_engine() -> Iterator[tuple[EngineLog, str, Callable[[], object]]]:
    """Serve the engine's side: give what it was told, its address, and what ends it."""
    log = EngineLog()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield log, address, lambda: server.stop(0)
    finally:
        server.stop(0)


@contextmanager
def running_host(
    python: Path,
    folder: Path,
    config: Mapping[str, str],
    environment: Mapping[str, str],
    flags: Sequence[str] = (),
    engine: str = "",
) -> Iterator[PluginHost]:
    """Start a host, configure it, and end it.

    Args:
        python: Has the SDK.
        folder: For what the process writes to its standard error.
        config: The stack's configuration.
        environment: Beside this process' own.
        flags: What the engine puts before its address.
        engine: Another address than that of the engine's stand-in.
    """
    with serving_engine() as (log, address, stop_engine):
        stderr = folder / f"stderr-{address.rpartition(':')[2]}"
        with stderr.open("w") as errors:
            process = subprocess.Popen(
                [python, "-u", "-m", "pulumi.dynamic", *flags, engine or address],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout
        channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}")
        try:
            host = PluginHost(provider_pb2_grpc.ResourceProviderStub(channel), log, stderr, process.pid, stop_engine)
            arguments = struct_pb2.Struct()
            arguments.update(config)
            host.stub.Configure(provider_pb2.ConfigureRequest(args=arguments), timeout=120)
            yield host
        finally:
            channel.close()
            end_process(process)
            process.stdout.close()


def end_process(process: subprocess.Popen[str]) -> None:
    """End the host; a signal that comes right after its start can be lost."""
    for _ in range(5):
        process.terminate()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def _bag(values: Bag) -> struct_pb2.Struct:
    bag = struct_pb2.Struct()
    bag.update({"__provider": PROVIDER, **values})
    return bag
