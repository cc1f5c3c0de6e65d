"""Pulumi's provider protocol for the package `nao`: one process is one provider, and one account."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf.empty_pb2 import Empty
from grpc import StatusCode
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as pb
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from pulumi_nao._version import __version__
from pulumi_nao.accounts import Accounts
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.config.settings import Settings
from pulumi_nao.config.spelling import misspelt_settings, misspelt_variables
from pulumi_nao.config.surface import NATIVE, core_names
from pulumi_nao.models import JOB_NUMBER, site_number
from pulumi_nao.plugin import bags
from pulumi_nao.plugin.host import NativeHost
from pulumi_nao.plugin.schema import PUBLICATION, SETTINGS, package_schema
from pulumi_nao.resources import kinds
from pulumi_nao.resources.inputs import CONFIGURATION
from pulumi_nao.resources.operations import Operations
from pulumi_nao.text import name_of
from pulumi_nao.values import same
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.threads import ThreadPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.struct_pb2 import Struct
    from grpc import ServicerContext

    from pulumi_nao.host import Call

_INPUTS = tuple(each.written for each in PUBLICATION.inputs)
_NAMES = {each.name: each.written for each in (*PUBLICATION.inputs, *PUBLICATION.outputs)}
_UNKNOWN_BEFORE = tuple(each.written for each in PUBLICATION.outputs if each.name != "base_url")
_SETTINGS = tuple(each.written for each in SETTINGS)
_API_KEY, _BASE_URL = NATIVE.name("api_key"), NATIVE.name("base_url")
QUICK_CALLS = ThreadPool("nao-quick-call", 4)
_IMPORT_ID = re.compile(rf"([1-9][0-9]*)/({JOB_NUMBER})")


class Provider(ResourceProviderServicer):
    def __init__(self, engine: str, on_gone: Callable[[], None], pools: tuple[ThreadPool, ...]) -> None:
        self._host = NativeHost(on_gone, _outputs, pools)
        self._host.connect(engine)
        self._key_missed = False
        self._configure({})

    def cancel(self) -> None:
        self._host.cancel.set()

    def _configure(self, given: Mapping[str, str]) -> None:
        self._settings = _settings(given)
        accounts = Accounts(self._settings, SystemClock(self._host.cancel), self._host.warn)
        self._operations = Operations(kinds.PUBLICATION, accounts, self._host)

    # The plugin

    def Handshake(
        self, request: pb.ProviderHandshakeRequest, _context: ServicerContext
    ) -> pb.ProviderHandshakeResponse:
        self._host.connect(request.engine_address)
        return pb.ProviderHandshakeResponse(accept_secrets=True)

    def Attach(self, request: plugin_pb2.PluginAttach, _context: ServicerContext) -> Empty:
        """The plugin was started by hand."""
        self._host.connect(request.address)
        return Empty()

    def GetPluginInfo(self, _request: Empty, _context: ServicerContext) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=__version__)

    def GetSchema(self, _request: pb.GetSchemaRequest, _context: ServicerContext) -> pb.GetSchemaResponse:
        return pb.GetSchemaResponse(schema=package_schema())

    def Cancel(self, _request: Empty, _context: ServicerContext) -> Empty:
        self.cancel()
        return Empty()

    def _not_there(self, request: Any, context: ServicerContext) -> Any:  # noqa: ANN401, ARG002 - of many types
        context.abort(StatusCode.UNIMPLEMENTED, "the package nao has nothing of this kind")

    Parameterize = Invoke = Call = Construct = List = GetMapping = GetMappings = _not_there

    # The provider: an account

    def CheckConfig(self, request: pb.CheckRequest, _context: ServicerContext) -> pb.CheckResponse:
        problems = _settings(_texts(request.news)).problems(DEFAULT_NAMESPACE)
        failures = [pb.CheckFailure(reason=problem) for problem in problems]
        return pb.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: pb.DiffRequest, _context: ServicerContext) -> pb.DiffResponse:
        """Nothing is a reason to replace what the provider manages."""
        olds, news = bags.read(request.olds), bags.read(request.news)
        changed = [name for name in _SETTINGS if olds.get(name) != news.get(name)]
        changes = pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE
        return pb.DiffResponse(changes=changes, diffs=changed)

    def Configure(self, request: pb.ConfigureRequest, _context: ServicerContext) -> pb.ConfigureResponse:
        """Problems are told by the calls that need the settings, so that `destroy` always works."""
        given = _texts(request.args)
        self._configure(given)
        key = request.args.fields.get(_API_KEY)
        if request.acceptSecrets and key is not None and not bags.holds_secret(key):
            self._host.warn(_PLAIN_KEY)
        unknown = {f"{DEFAULT_NAMESPACE}:{name}" for name in given if name not in _SETTINGS}
        told = misspelt_settings(DEFAULT_NAMESPACE, unknown, shared=True, surface=NATIVE)
        for text in (*told, *misspelt_variables(DEFAULT_NAMESPACE, os.environ)):
            self._host.warn(text)
        return pb.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    # The resource

    def Check(self, request: pb.CheckRequest, context: ServicerContext) -> pb.CheckResponse:
        olds, news = _record(request.olds), bags.read(request.news)
        if news.get(_BASE_URL) == olds.get("base_url"):  # `ignoreChanges` puts it there
            news.pop(_BASE_URL, None)
        given = core_names({name: news[name] for name in _INPUTS if name in news})
        seen = {CONFIGURATION: self._settings.seen(DEFAULT_NAMESPACE), "config_namespace": DEFAULT_NAMESPACE}
        with self._host.working_on("Check", request, context):
            inputs, found = self._operations.check(olds, {**given, **seen})
        problems = [f"{name_of(name)}: there is no such input" for name in news if name not in _INPUTS] + found
        if problems:
            failures = [pb.CheckFailure(reason=problem) for problem in problems]
            return pb.CheckResponse(inputs=request.news, failures=failures)
        return pb.CheckResponse(inputs=_written(inputs, request.news))

    def Diff(self, request: pb.DiffRequest, context: ServicerContext) -> pb.DiffResponse:
        olds, news = bags.read(request.olds), _record(request.news)
        with self._host.working_on("Diff", request, context):
            changes, replaced = self._operations.diff(olds, news)
        if not changes:
            return pb.DiffResponse(changes=pb.DiffResponse.DIFF_NONE)
        replaces, record = [_NAMES[name] for name in replaced], core_names(olds)
        details = {name: pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE_REPLACE) for name in replaces}
        if not same(record.get("triggers"), news.get("triggers")):
            details["triggers"] = pb.PropertyDiff(kind=pb.PropertyDiff.UPDATE)
        # Without a detail, an attempt that is not done is no change for `replaceOnChanges` of everything.
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME,
            replaces=replaces,
            diffs=[*details],
            detailedDiff=details,
            hasDetailedDiff=bool(details),
        )

    def Create(self, request: pb.CreateRequest, context: ServicerContext) -> pb.CreateResponse:
        if request.preview:
            self._miss_key()
            return pb.CreateResponse(properties=bags.with_unknown(request.properties, _UNKNOWN_BEFORE))
        with self._host.working_on("Create", request, context) as call:
            resource_id, outputs = self._operations.create(_record(request.properties))
        return pb.CreateResponse(id=resource_id, properties=_outputs(call, outputs))

    def Update(self, request: pb.UpdateRequest, context: ServicerContext) -> pb.UpdateResponse:
        if request.preview:
            self._miss_key()
            return pb.UpdateResponse(properties=bags.with_unknown(request.news, _UNKNOWN_BEFORE))
        with self._host.working_on("Update", request, context) as call:
            outputs = self._operations.update(bags.read(request.olds), _record(request.news))
        return pb.UpdateResponse(properties=_outputs(call, outputs))

    def Read(self, request: pb.ReadRequest, context: ServicerContext) -> pb.ReadResponse:
        """Refresh: look at a job that is not known to have ended. Import: adopt a job that ended in success."""
        stored = _record(request.properties)
        with self._host.working_on("Read", request, context) as call:
            if "has_finished" in stored:
                outputs = self._operations.read(stored)
                inputs = _written(core_names(bags.read(request.inputs)), request.inputs)
                return pb.ReadResponse(id=request.id, inputs=inputs, properties=_outputs(call, outputs))
            parts = _IMPORT_ID.fullmatch(request.id)
            given, job_id = parts.groups() if parts else ("", "")
            try:
                site = site_number(given)
            except ValueError:
                self._host.fail(_NO_IMPORT_ID)
            outputs = self._operations.adopt({"site_id": site, "config_namespace": DEFAULT_NAMESPACE}, job_id)
        inputs = bags.write({_NAMES[name]: outputs[name] for name in ("site_id", "base_url")})
        return pb.ReadResponse(id=str(site), inputs=inputs, properties=_outputs(call, outputs))

    def Delete(self, _request: pb.DeleteRequest, _context: ServicerContext) -> Empty:
        """Do nothing: what was done cannot be taken back."""
        return Empty()

    def _miss_key(self) -> None:
        if self._key_missed:
            return
        lack = self._settings.lack_of_key(DEFAULT_NAMESPACE)
        if lack:
            self._key_missed = True
            self._host.warn(lack)

    # What may have to answer while all other threads wait.
    for _quick in (Cancel, Check, Diff):
        setattr(_quick, "experimental_thread_pool", QUICK_CALLS)  # noqa: B010 - functions have no such attribute


_NO_IMPORT_ID = (
    "a publication is imported by its site and the job that published it, written SITE/JOB, such as 910/48145"
)
_PLAIN_KEY = (
    "the provider's apiKey is plain text, so everybody who reads the state can read it. Rotate the key in NAO Cloud, "
    "and give the new one as a secret, as `pulumi config set --secret nao:apiKey` does"
)


def _settings(given: Mapping[str, str]) -> Settings:
    return Settings(lambda name: given.get(name.partition(":")[2]), os.environ, NATIVE)


def _texts(bag: Struct) -> dict[str, str]:
    """Settings as they would stand in a file: SDKs pass numbers on as they are, or as JSON."""
    known = {name: value for name, value in bags.read(bag).items() if value is not None}
    return {name: _text(name, value) for name, value in known.items() if not pulumi.contains_unknowns(value)}


def _text(name: str, value: Any) -> Any:  # noqa: ANN401 - of any type
    if isinstance(value, str) or name == _API_KEY:  # as a number, a key has lost digits
        return value
    return f"{value:.12g}" if isinstance(value, float) else ""  # which every setting refuses in words of its own


def _record(bag: Struct) -> dict[str, Any]:
    """A bag of ours, or one of the dynamic resource, under the core's names."""
    return {"config_namespace": DEFAULT_NAMESPACE, **core_names(bags.read(bag))}


def _written(values: Mapping[str, Any] | None, *sources: Struct) -> Struct:
    """A bag for the engine; what is a secret in one of the sources stays one."""
    named = {_NAMES[name]: value for name, value in (values or {}).items() if name in _NAMES}
    secrets = {name for source in sources for name, value in source.fields.items() if bags.holds_secret(value)}
    return bags.write(named, secrets)


def _outputs(call: Call, values: Mapping[str, Any]) -> Struct:
    request = call.request
    if call.method == "Update":
        return _written(values, request.olds, request.news)
    return _written(values, request.properties)
