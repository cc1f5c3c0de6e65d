"""The real plugin host, `python -m pulumi.dynamic`, driven over gRPC as the engine does it.

The engine's side is a stand-in that only takes log lines: there is no engine in this tier.
"""

import base64
import os
import pickle
import subprocess
import sys
from concurrent import futures
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2, provider_pb2_grpc

import pulumi_nao
from pulumi_nao.provider import TrackingConfigPublicationProvider
from tests.missing import leave_out

ROOT = Path(__file__).resolve().parents[2]
KEY = "k-0123456789-host-tier"
URN = "urn:pulumi:test::project::pulumi-python:dynamic/nao:TrackingConfigPublication::site"
PROVIDER = base64.b64encode(pickle.dumps(TrackingConfigPublicationProvider(), protocol=4)).decode()


class EngineLog(engine_pb2_grpc.EngineServicer):
    """Takes log lines."""

    def __init__(self):
        self.lines = []

    def Log(self, request, _context):  # noqa: N802 - the protocol's name
        self.lines.append(request)
        return empty_pb2.Empty()


class PluginHost:
    """A host process and the calls that the engine makes."""

    def __init__(self, stub, log, stderr):
        self.stub = stub
        self.log = log
        self._stderr = stderr

    def errors(self):
        """What the process has written to its standard error so far."""
        return self._stderr.read_text()

    def check(self, news, olds=None):
        return self.stub.Check(provider_pb2.CheckRequest(urn=URN, olds=_bag(olds or {}), news=_bag(news)), timeout=60)

    def diff(self, olds, news):
        return self.stub.Diff(
            provider_pb2.DiffRequest(id="910", urn=URN, olds=_bag(olds), news=_bag(news)), timeout=60
        )

    def create(self, inputs, timeout=0.0):
        request = provider_pb2.CreateRequest(urn=URN, properties=_bag(inputs), timeout=timeout)
        return self.stub.Create(request, timeout=60)

    def update(self, olds, news):
        return self.stub.Update(
            provider_pb2.UpdateRequest(id="910", urn=URN, olds=_bag(olds), news=_bag(news)), timeout=60
        )

    def read(self, properties):
        return self.stub.Read(provider_pb2.ReadRequest(id="910", urn=URN, properties=_bag(properties)), timeout=60)

    def delete(self, properties):
        return self.stub.Delete(
            provider_pb2.DeleteRequest(id="910", urn=URN, properties=_bag(properties)), timeout=60
        )


def _end(process):
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


def _bag(values):
    bag = struct_pb2.Struct()
    bag.update({"__provider": PROVIDER, **values})
    return bag


@pytest.fixture(params=["oldest", "locked"])
def start_host(request, nao, tmp_path):
    """Start a host at the oldest SDK or the locked one."""
    python = ROOT / ".venv-oldest" / "bin" / "python" if request.param == "oldest" else Path(sys.executable)
    if not python.exists():
        leave_out(f"there is no {python}: `make test` makes it")
    # The package alone, from the work tree or an installed wheel, beside the SDK of that Python.
    (tmp_path / "pulumi_nao").symlink_to(Path(pulumi_nao.__file__).parent)
    running = []

    def start(code="", config=None, **environment):
        log = EngineLog()
        server = grpc.server(futures.ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(log, server)
        address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        if code:
            (tmp_path / "sitecustomize.py").write_text(code)
        stderr = tmp_path / f"stderr-{len(running)}"
        with stderr.open("w") as errors:
            process = subprocess.Popen(
                [python, "-u", "-m", "pulumi.dynamic", address],
                env={
                    **os.environ,
                    "PYTHONPATH": str(tmp_path),
                    "NAO_API_KEY": KEY,
                    "NAO_BASE_URL": nao.url,
                    **environment,
                },
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}")
        running.append((process, channel, server))
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        arguments = struct_pb2.Struct()
        arguments.update(config or {})
        stub.Configure(provider_pb2.ConfigureRequest(args=arguments), timeout=60)
        return PluginHost(stub, log, stderr)

    yield start
    for process, channel, server in running:
        channel.close()
        _end(process)
        process.stdout.close()
        server.stop(0)


@pytest.fixture
def host(start_host):
    return start_host()
