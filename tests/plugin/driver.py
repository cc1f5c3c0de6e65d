"""Drives the native plugin, a process of its own, over gRPC as the engine does."""

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import engine_pb2, plugin_pb2, provider_pb2, provider_pb2_grpc

from tests.leaks import WATCH
from tests.plugin_host.driver import EngineLog, end_process, failure_of, serving_engine

TYPE = "nao:index:TrackingConfigPublication"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
MARK = "4dabf18193072939515e22adb298388d"


def secret(value):
    """A secret, as the engine marks it."""
    return {MARK: "1b47061264138c4ac30d75fd1eb44270", "value": value}


def output(value, *, is_secret=False):
    """An output with its marks, in the other form that the protocol has."""
    return {MARK: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": value, "secret": is_secret}


def bag(values):
    """A bag as it travels."""
    written = struct_pb2.Struct()
    written.update(values)
    return written


def values_of(written):
    """What a bag holds, with all marks."""
    return {name: _value(value) for name, value in written.fields.items()}


def _value(value):
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return values_of(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind)


@dataclass
class Plugin:
    """A process of the plugin, and what it told the engine."""

    stub: provider_pb2_grpc.ResourceProviderStub
    process: subprocess.Popen
    log: EngineLog
    stop_engine: object

    def call(self, method, request):
        try:
            answer = getattr(self.stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            WATCH.note_text(error.details(), *(value for _, value in error.trailing_metadata() or ()))
            raise
        WATCH.note_text(str(answer))
        return answer

    def configure(self, settings):
        return self.call("Configure", provider_pb2.ConfigureRequest(args=bag(settings), acceptSecrets=True))

    def check_config(self, settings):
        answer = self.call("CheckConfig", provider_pb2.CheckRequest(news=bag(settings)))
        return [failure.reason for failure in answer.failures]

    def lines(self, severity, urn=""):
        """What the engine was told to show, on one row."""
        return [line.message for line in self.log.lines if line.severity == severity and line.urn == urn]

    def warnings(self, urn=""):
        return self.lines(engine_pb2.WARNING, urn)

    def imported(self, resource_id, urn="urn:pulumi:test::project::nao:index:TrackingConfigPublication::imported"):
        return self.call("Read", provider_pb2.ReadRequest(id=resource_id, urn=urn))

    def cancel(self):
        self.call("Cancel", empty_pb2.Empty())


@dataclass
class Publication:
    """One resource of a program, with the engine's steps: check, compare, then create or update."""

    plugin: Plugin
    name: str
    inputs: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    id: str = ""
    text: str = ""
    reasons: tuple = ()

    @property
    def urn(self):
        return f"urn:pulumi:test::project::{TYPE}::{self.name}"

    def check(self, news):
        request = provider_pb2.CheckRequest(urn=self.urn, olds=bag(self.inputs), news=bag(news))
        return self.plugin.call("Check", request)

    def problems(self, news):
        return [failure.reason for failure in self.check(news).failures]

    def diff(self, inputs):
        request = provider_pb2.DiffRequest(id=self.id, urn=self.urn, olds=bag(self.outputs), news=bag(inputs))
        return self.plugin.call("Diff", request)

    def preview(self, news):
        inputs = self._checked(news)
        if self.outputs:
            answer = self.plugin.call(
                "Update",
                provider_pb2.UpdateRequest(
                    id=self.id, urn=self.urn, olds=bag(self.outputs), news=bag(inputs), preview=True
                ),
            )
        else:
            answer = self.plugin.call(
                "Create", provider_pb2.CreateRequest(urn=self.urn, properties=bag(inputs), preview=True)
            )
        return values_of(answer.properties)

    def up(self, news, timeout=0.0):
        """Bring it to what the program says now; return whether that went well."""
        inputs = self._checked(news)
        try:
            if not self.outputs:
                request = provider_pb2.CreateRequest(urn=self.urn, properties=bag(inputs), timeout=timeout)
                answer = self.plugin.call("Create", request)
                self.id = answer.id
            elif self.diff(inputs).changes == provider_pb2.DiffResponse.DIFF_NONE:
                return True
            else:
                request = provider_pb2.UpdateRequest(
                    id=self.id, urn=self.urn, olds=bag(self.outputs), news=bag(inputs), timeout=timeout
                )
                answer = self.plugin.call("Update", request)
        except grpc.RpcError as error:
            self._failed(error)
            return False
        self.inputs, self.outputs = inputs, values_of(answer.properties)
        return True

    def refresh(self):
        request = provider_pb2.ReadRequest(
            id=self.id, urn=self.urn, properties=bag(self.outputs), inputs=bag(self.inputs)
        )
        answer = self.plugin.call("Read", request)
        self.id, self.inputs, self.outputs = answer.id, values_of(answer.inputs), values_of(answer.properties)

    def _checked(self, news):
        checked = self.check(news)
        assert not checked.failures
        return values_of(checked.inputs)

    def _failed(self, error):
        if "grpc-status-details-bin" not in dict(error.trailing_metadata() or ()):
            self.text = error.details()
            return
        self.text, saved = failure_of(error)
        self.text = "\n".join(self.plugin.lines(engine_pb2.ERROR, self.urn)) or self.text
        self.reasons, self.id = tuple(saved.reasons), saved.id
        self.inputs, self.outputs = values_of(saved.inputs), values_of(saved.properties)


@contextmanager
def running_plugin(python, folder, environment, greeting):
    """Start a plugin; the engine's address comes with a greeting, or with the command where there is none."""
    with serving_engine() as (log, address, stop_engine):
        stderr = folder / f"stderr-{address.rpartition(':')[2]}"
        with stderr.open("w") as errors:
            process = subprocess.Popen(
                [python, "-m", "pulumi_nao.plugin.serve", *([] if greeting else ["--tracing", "x", address])],
                env={**os.environ, **environment},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}")
        try:
            plugin = Plugin(provider_pb2_grpc.ResourceProviderStub(channel), process, log, stop_engine)
            if greeting == "Attach":
                plugin.call("Attach", plugin_pb2.PluginAttach(address=address))
            elif greeting == "Handshake":
                answer = plugin.call("Handshake", provider_pb2.ProviderHandshakeRequest(engine_address=address))
                assert answer.accept_secrets
            yield plugin
        finally:
            channel.close()
            end_process(process)
            process.stdout.close()
            WATCH.note_text(stderr.read_text())
