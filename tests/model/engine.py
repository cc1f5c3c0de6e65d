"""Pulumi's engine, as far as state goes, around the plugin host.

Steps, partial state, replacements and init errors as in Pulumi 3.259, where the inputs of an update that failed in
part stay the old ones.
"""

import json
from dataclasses import dataclass

from google.protobuf.json_format import MessageToDict
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2

from pulumi_nao.provider import TrackingConfigPublicationProvider
from pulumi_nao.resources.inputs import CONFIGURATION
from tests.model.cloud import SERVER
from tests.model.judge import Call, Endless, PromiseBroken
from tests.model.plugin_host import Failure, HostProcess, Situation, struct
from tests.model.timeline import Killed

DEFAULT_LIMIT = 1800.0
_PROVIDER = serialize_provider(TrackingConfigPublicationProvider())


@dataclass
class State:
    """A resource in the engine's state."""

    id: str
    inputs: dict
    outputs: dict
    init_errors: list
    life: int


class Engine:
    """`pulumi preview`, `up`, `refresh` and `destroy` of a stack with publications."""

    def __init__(self, cloud, timeline):
        self._cloud = cloud
        self._judge = cloud.judge
        self._timeline = timeline
        self._lives = 0
        self._trial = {}
        self._replaced = []
        self.states = {}

    def preview(self, program, situation):
        """Check and compare, and see that this asks nothing of the server."""
        before = self._judge.requests
        with self._process(Situation(states_server=situation.states_server, has_key=False)) as host:
            for name, goal in program.items():
                old = self.states.get(name)
                checked = self._check(host, name, old, goal)
                if old and not isinstance(checked, Failure):
                    self._compare(host, name, old, checked)
        self._judge.require(self._judge.requests == before, "a preview makes a request")
        self._judge.conclude()

    def up(self, program, situation, *, replace=False):
        """Run an `up`; return the failures by name, and `None` if it was killed."""
        self.preview(program, situation)
        failures = {}
        with self._process(situation) as host:
            try:
                for name, goal in program.items():
                    failure = self._bring(host, name, goal, situation, replace=replace)
                    if failure:
                        failures[name] = failure.text
                    else:
                        self._judge.green(*goal)
                if not failures:
                    self._delete(host, self._replaced)
                    self._replaced = []
            except Killed:
                self._judge.killed()
                failures = None
            except Endless:
                raise PromiseBroken("a call makes requests without end") from None
        self._judge.conclude()
        return failures

    def refresh(self, situation):
        """Read every resource, as `pulumi refresh` does."""
        with self._process(situation) as host:
            try:
                for name, old in self.states.items():
                    self._read(host, name, old)
            except Killed:
                pass
        self._judge.conclude()

    def destroy(self, situation):
        before = self._judge.requests
        with self._process(situation) as host:
            self._delete(host, [*self._replaced, *self.states.items()])
        self._judge.require(self._judge.requests == before, "a destroy makes a request")
        self._judge.conclude()
        self._replaced = []
        self._trial = {}
        self.states = {}

    def _process(self, situation):
        return HostProcess(self._cloud, self._timeline, situation)

    def _bring(self, host, name, goal, situation, *, replace):
        old = self.states.get(name)
        checked = self._check(host, name, None if replace else old, goal)
        if isinstance(checked, Failure):
            return checked
        if old is None:
            life = self._trial.setdefault(name, self._next_life())
            return self._create(host, name, checked, goal, situation, life)
        if replace:
            return self._replace(host, name, old, checked, goal, situation)
        return self._change(host, name, old, checked, goal, situation)

    def _change(self, host, name, old, inputs, goal, situation):
        before = self._judge.requests
        answer = self._compare(host, name, old, inputs)
        if isinstance(answer, Failure):
            return answer
        if answer.replaces:
            anew = self._check(host, name, None, goal)
            return anew if isinstance(anew, Failure) else self._replace(host, name, old, anew, goal, situation)
        if answer.changes == provider_pb2.DiffResponse.DIFF_SOME or old.init_errors:
            return self._update(host, name, old, inputs, goal, situation)
        old.inputs = inputs
        self._judge.require(self._judge.requests == before, "an unchanged up makes a request")
        return None

    def _replace(self, host, name, old, inputs, goal, situation):
        failure = self._create(host, name, inputs, goal, situation, self._next_life())
        if self.states[name] is not old:
            self._replaced.append((name, old))
        return failure

    def _next_life(self):
        self._lives += 1
        return self._lives

    def _check(self, host, name, old, goal):
        site_id, triggers = goal
        seen = {"server": SERVER if host.states_server else "", "names": []}
        news = {
            "__provider": _PROVIDER,
            CONFIGURATION: seen,
            "site_id": site_id,
            "triggers": triggers,
            "config_namespace": "nao",
        }
        request = provider_pb2.CheckRequest(urn=_urn(name), olds=struct(old.inputs if old else {}), news=struct(news))
        response = host.call("Check", request)
        if isinstance(response, Failure):
            self._judge.require(promise=False, text=f"check fails: {response.text}")
            return response
        self._judge.require(not response.failures, f"check refuses what is right: {response.failures}")
        return MessageToDict(response.inputs)

    def _compare(self, host, name, old, inputs):
        request = provider_pb2.DiffRequest(
            id=old.id, urn=_urn(name), olds=struct(old.outputs), news=struct(inputs), old_inputs=struct(old.inputs)
        )
        response = host.call("Diff", request)
        if isinstance(response, Failure):
            lost_server = "recorded on another server than" in response.text
            self._judge.require(lost_server, f"diff fails: {response.text}")
        return response

    def _create(self, host, name, inputs, goal, situation, life):
        request = provider_pb2.CreateRequest(
            urn=_urn(name), properties=struct(inputs), timeout=situation.timeout or 0
        )
        response = self._judged(host, name, "Create", request, goal, situation, life)
        return self._save(name, response, inputs, inputs, life)

    def _update(self, host, name, old, inputs, goal, situation):
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=_urn(name),
            olds=struct(old.outputs),
            news=struct(inputs),
            old_inputs=struct(old.inputs),
            timeout=situation.timeout or 0,
        )
        response = self._judged(host, name, "Update", request, goal, situation, old.life)
        return self._save(name, response, inputs, old.inputs, old.life)

    def _judged(self, host, name, method, request, goal, situation, life):
        limit = situation.timeout or DEFAULT_LIMIT
        self._judge.site_id = goal[0]
        self._judge.call = Call(name, method, life, *goal, limit, self._timeline.seconds)
        response = host.call(method, request)
        if host.clock.engine_gone:
            raise Killed
        return response

    def _save(self, name, response, inputs, inputs_if_unfinished, life):
        failed = isinstance(response, Failure)
        unfinished = response.unfinished if failed else None
        saved = unfinished or (None if failed else response)
        if saved is not None:
            outputs = _from_json(saved.properties)
            site = str(inputs["site_id"]).removesuffix(".0")
            resource_id = getattr(saved, "id", site)
            self._judge.require(resource_id == site, f"the resource's id is {resource_id!r}")
            self._judge.require(outputs.get("__provider") == _PROVIDER, "the provider is not in the outputs")
            reasons = list(unfinished.reasons) if unfinished else []
            self.states[name] = State(site, inputs_if_unfinished if failed else inputs, outputs, reasons, life)
            self._trial.pop(name, None)
        self._judge.ended(response.text if failed else None, None if saved is None else self.states[name].outputs)
        return response if failed else None

    def _read(self, host, name, old):
        before = self._judge.requests
        request = provider_pb2.ReadRequest(
            id=old.id, urn=_urn(name), properties=struct(old.outputs), inputs=struct(old.inputs)
        )
        self._judge.site_id = old.outputs["site_id"]
        response = host.call("Read", request)
        if host.clock.engine_gone:
            raise Killed
        if isinstance(response, Failure):
            self._judge.require(promise=False, text=f"a refresh fails: {response.text}")
            return
        self._judge.require(response.id == old.id, "a refresh takes a publication for gone")
        self._judge.require(self._judge.requests - before <= 1, "a refresh looks more than once")
        self._judge.require(
            self._judge.requests == before or not _done(old.outputs), "a refresh of a success makes a request"
        )
        old.outputs = _from_json(response.properties)
        old.init_errors = []

    def _delete(self, host, resources):
        for name, old in resources:
            request = provider_pb2.DeleteRequest(id=old.id, urn=_urn(name), properties=struct(old.outputs))
            response = host.call("Delete", request)
            self._judge.require(not isinstance(response, Failure), "a delete fails")


def _done(outputs):
    return outputs.get("has_finished") and outputs.get("status") == "success"


def _urn(name):
    return f"urn:pulumi:dev::sites::pulumi-python:dynamic/nao:TrackingConfigPublication::{name}"


def _from_json(properties):
    return json.loads(json.dumps(MessageToDict(properties)))
