"""What the SDK sends to the engine for a program, and what the engine makes of it."""

import asyncio
import json
import pickle
from contextvars import copy_context
from dataclasses import dataclass, field

import grpc
import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2, provider_pb2

from pulumi_nao.host.dynamic import RESOURCE_TYPES
from tests.plugin_host.driver import PluginHost, failure_of

STACK = "pulumi:pulumi:Stack"
_LOOP = asyncio.new_event_loop()  # the SDK takes the thread's own, and `asyncio.run` of another test leaves it none


class _Mocks(mocks.Mocks):
    def new_resource(self, args):
        return "id", args.inputs

    def call(self, _args):
        return {}


class _Monitor(mocks.MockMonitor):
    """The SDK's stand-in for the engine, with the engine's URNs; it keeps what is registered."""

    def __init__(self):
        super().__init__(_Mocks())
        self.registered = []

    def make_urn(self, parent, type_, name):
        above = parent.split("::")[2] if parent else STACK
        return f"urn:pulumi:stack::project::{type_ if above == STACK else f'{above}${type_}'}::{name}"

    def RegisterResource(self, request):  # noqa: N802 - the protocol's name
        response = super().RegisterResource(request)
        if request.type in RESOURCE_TYPES:
            self.registered.append((response.urn, request))
        return response


def registered(program, **config):
    """Run a program with the real SDK; return the URN and the registration of its one resource of ours."""
    asyncio.set_event_loop(_LOOP)
    with pytest.MonkeyPatch.context() as patch:
        # The SDK wraps this once more for each dynamic resource, for good: hundreds end in a RecursionError.
        patch.setattr(pickle._Pickler, "_batch_setitems", pickle._Pickler._batch_setitems)
        return copy_context().run(_registered, program, config)  # the SDK keeps its monitor and configuration there


def _registered(program, config):
    monitor = _Monitor()
    mocks.set_mocks(_Mocks(), monitor=monitor)
    pulumi.runtime.set_all_config({f"project:{name}": value for name, value in config.items()})
    pulumi.runtime.test(lambda: exec(program, {"__name__": "__main__"}))()  # noqa: S102 - it is ours
    ((urn, request),) = monitor.registered
    return urn, request


@dataclass
class Publication:
    """One publication of a program, with the engine's steps: check, compare, then create or update.

    Attributes:
        host: Where the steps go; another one is another run of Pulumi.
        urn: Its name in the state.
        inputs: As they are recorded.
        outputs: Likewise; empty until something is.
        text: How the last failure was shown.
        reasons: What an error hook could read of it.
    """

    program: str
    host: PluginHost
    urn: str = ""
    inputs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    text: str = ""
    reasons: tuple = ()

    def up(self, limits=None, **config):
        """Bring it to what the program says now; return whether that went well."""
        self.urn, goal = registered(
            self.program, name=f"site-{config['site']}", limits=json.dumps(limits or {}), **config
        )
        news = json_format.MessageToDict(goal.object)
        news |= {name: self.inputs[name] for name in goal.ignoreChanges if name in self.inputs}
        checked = self.host.check(news, self.inputs, self.urn)
        assert not checked.failures
        inputs = json_format.MessageToDict(checked.inputs)
        if self.outputs:
            answer = self.host.diff(self.outputs, inputs, self.urn)
            if answer.changes == provider_pb2.DiffResponse.DIFF_NONE:
                return True
        try:
            if self.outputs:
                timeout = _seconds(goal.customTimeouts.update)
                answer = self.host.update(self.outputs, inputs, timeout, self.urn)
            else:
                answer = self.host.create(inputs, _seconds(goal.customTimeouts.create), self.urn)
        except grpc.RpcError as error:
            self._failed(error)
            return False
        self._record(inputs, answer)
        return True

    def own_lines(self):
        """What the host told the engine to show on the publication's own row."""
        return [line for line in self.host.log.lines if line.urn == self.urn]

    def _failed(self, error):
        self.text, saved = failure_of(error)
        self.reasons = tuple(saved.reasons) if saved else ()
        shown = [line.message for line in self.own_lines() if line.severity == engine_pb2.ERROR]
        self.text = "\n".join(shown) or self.text
        if saved:
            self._record(json_format.MessageToDict(saved.inputs), saved)

    def _record(self, inputs, answer):
        self.inputs, self.outputs = inputs, json_format.MessageToDict(answer.properties)


def _seconds(text):
    return float(text.removesuffix("s") or 0)
