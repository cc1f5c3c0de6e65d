"""One process of the SDK's plugin host with the real provider in it, without a process.

Real: the SDK's servicer and its wire format, the interceptor, the host's face, the provider and all that it decides.
Stands in: gRPC's transport, the wire to NAO Cloud, time.
"""

import ast
from contextlib import ExitStack
from contextvars import copy_context
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Event
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

import grpc
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_nao.host import failure
from pulumi_nao.host.calls import Calls
from pulumi_nao.host.dynamic import RESOURCE_TYPES, DynamicHost
from tests.core.wireless import WirelessClient
from tests.model.cloud import KEY, SERVER, Weather, Wire
from tests.model.timeline import Interrupt, ProcessClock


def _plugin_host():
    """The SDK's module, without its last statement, which would begin to serve."""
    module = ModuleType("pulumi.dynamic.__main__")
    spec = find_spec(module.__name__)
    tree = ast.parse(spec.loader.get_source(module.__name__))
    assert ast.unparse(tree.body.pop()) == "main()"
    exec(compile(tree, spec.origin, "exec"), module.__dict__)  # noqa: S102 - it is the SDK's code
    return module


dynamic = _plugin_host()


@dataclass
class Situation:
    """What one run of Pulumi meets."""

    weather: Weather = field(default_factory=Weather)
    interrupt: Interrupt | None = None
    timeout: float | None = None
    has_key: bool = True
    states_server: bool = True
    shows_errors: bool = True


@dataclass
class Failure:
    """A call that failed, with what is to be saved of it."""

    text: str
    unfinished: provider_pb2.ErrorResourceInitFailed | None = None


class _Aborted(Exception):
    pass


class _Context:
    """grpc's side of a call."""

    def __init__(self):
        self.metadata = ()
        self.details = ""

    def set_trailing_metadata(self, metadata):
        self.metadata = metadata

    def abort(self, _code, details):
        self.details = details
        raise _Aborted

    def failure(self):
        sent = dict(self.metadata).get("grpc-status-details-bin")
        if sent is None:
            return Failure(self.details)
        status = status_pb2.Status.FromString(sent)
        unfinished = None
        for detail in status.details:
            unfinished = provider_pb2.ErrorResourceInitFailed()
            detail.Unpack(unfinished)
        return Failure(status.message, unfinished)


class _Row:
    """The engine's log: shows what it is sent, unless it is in trouble."""

    def __init__(self, works):
        self._works = works
        self.errors = []

    def status(self, _urn, _message):
        return self._works

    warn = status

    def error(self, _urn, message):
        if self._works:
            self.errors.append(message)
        return self._works


class HostProcess:
    """One process of `python -m pulumi.dynamic`."""

    def __init__(self, cloud, timeline, situation):
        cancel = Event()
        self.states_server = situation.states_server
        self.clock = ProcessClock(timeline, cancel, situation.interrupt)
        self._row = _Row(situation.shows_errors)
        self._calls = Calls(RESOURCE_TYPES, cancel.set)
        self._servicer = dynamic.DynamicResourceProviderServicer()
        host = DynamicHost(self._calls, self._row, failure, cancel)
        self._stack = ExitStack()

        def client(key, base_url, **rest):
            wire = Wire(cloud, situation.weather, self.clock, base_url)
            return WirelessClient(wire.serve, key, base_url, **rest)

        self._patches = (
            patch.object(dynamic, "_PROVIDER_CACHE", {}),
            patch("pulumi_nao.resources.dynamic.attach", lambda: host),
            patch("pulumi_nao.cloud.client.NaoClient", client),
            patch("pulumi_nao.resources.dynamic.SystemClock", lambda _cancel: self.clock),
        )
        config = {"nao:baseUrl": SERVER} if situation.states_server else {}
        self.call(
            "Configure",
            provider_pb2.ConfigureRequest(
                args=struct({**config, "nao:apiKey": KEY} if situation.has_key else config)
            ),
        )

    def __enter__(self):
        for each in self._patches:
            self._stack.enter_context(each)
        return self

    def __exit__(self, *_details):
        self._stack.close()

    def call(self, method, request):
        """Make a call of the engine; return the response, or the failure."""
        handler = self._calls.intercept_service(
            lambda _details: grpc.unary_unary_rpc_method_handler(getattr(self._servicer, method)),
            SimpleNamespace(method=f"/pulumirpc.ResourceProvider/{method}"),
        )
        context = _Context()
        self._row.errors.clear()
        try:
            return copy_context().run(handler.unary_unary, request, context)
        except _Aborted:
            failure = context.failure()
            failure.text = "\n".join(self._row.errors) or failure.text
            return failure


def struct(values):
    """Write properties as they travel; `None` does not."""
    message = Struct()
    message.update({key: value for key, value in values.items() if value is not None})
    return message
