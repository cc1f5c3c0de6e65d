"""Between Pulumi's property bags and the lifecycle: bags become values here, and values become bags.

`check` and `diff` need neither requests nor pydantic. Both come with the client, for the first request: in a run
without one, importing them would take longer than everything else here.
"""

from __future__ import annotations

import threading
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

import pulumi

from pulumi_nao.attempt import Attempt
from pulumi_nao.cloud.address import PUBLIC_SERVER
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, variable_of
from pulumi_nao.config.settings import hidden_settings
from pulumi_nao.config.surface import core_names
from pulumi_nao.errors import ConfigurationError, Defect, NaoError, NotSent, PollNotFound
from pulumi_nao.host import Host, ProviderError, Unfinished
from pulumi_nao.lifecycle import Change, Outcome, difference, settle, unsettled
from pulumi_nao.resources.inputs import CONFIGURATION, ERROR_HOOK, MARKERS, SECRETS
from pulumi_nao.resources.kinds import SECRET_BODY, Kind
from pulumi_nao.text import redact
from pulumi_nao.values import digest_of, same
from pulumi_nao.waiting.clock import Limit

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.accounts import Accounts
    from pulumi_nao.attempt import Wanted

    Bag = dict[str, Any]

Method = TypeVar("Method", bound="Callable[..., Any]")

_guard = threading.Lock()


def _guarded(method: Method) -> Method:
    """Let an exception that nobody foresaw keep its traceback, and ask for a report."""

    @wraps(method)
    def run(self: Operations, *arguments: Any) -> Any:  # noqa: ANN401 - as the method
        try:
            return method(self, *arguments)
        except ProviderError:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is
            bags = [bag for bag in arguments if isinstance(bag, dict)]
            told = [bag.get(SECRETS) for bag in bags]
            is_secret = any(bag.get(SECRET_BODY) for bag in bags) or any(
                secrets.get("body") for secrets in told if isinstance(secrets, dict)
            )
            error = Defect(f"`{method.__name__}` of {self._kind.noun}", defect, is_secret=is_secret)
            may_have_sent = method.__name__ in ("create", "update")
            self._fail(error, f"{self._kind.verb} again" if may_have_sent else "tries again")

    return cast("Method", run)


class Operations:
    def __init__(self, kind: Kind, accounts: Accounts, host: Host) -> None:
        self._kind = kind
        self._accounts = accounts
        self._settings = accounts.settings
        self._host = host
        # By URN: for an error hook the engine calls again, with the record from before the failure.
        self._unsuccessful: dict[str, Attempt] = {}
        self._overwrites: dict[tuple[str, str], str] = {}

    @_guarded
    def check(self, olds: Bag, news: Bag) -> tuple[Bag, list[str]]:
        olds = core_names(olds)
        given = {key: value for key, value in news.items() if not key.startswith("__") and key not in MARKERS}
        # `ignore_changes` puts recorded inputs into the program's, also these, which are added below.
        for name in ("base_url", SECRET_BODY):
            if name in given and given[name] == olds.get(name):
                del given[name]
        inputs, problems = self._kind.check(given, surface=self._host.surface)
        if inputs is None:
            return dict(news), problems
        namespace = inputs["config_namespace"]
        is_secret, problems = self._secrets(olds, inputs, news.get(SECRETS))
        problems = problems or self._settings.problems(namespace)
        if problems:
            return dict(news), problems
        stated, recorded = self._settings.stated_server(namespace), self._recorded_server(olds, namespace)
        problem = self._hidden(namespace, news.get(CONFIGURATION), stated, recorded)
        if problem:
            return dict(news), [problem]
        inputs["base_url"] = stated or recorded or PUBLIC_SERVER
        if is_secret:
            inputs[SECRET_BODY] = True
        if news.get(ERROR_HOOK):
            inputs[ERROR_HOOK] = True
        self._warn_of_overwriting(inputs)
        return inputs, []

    @_guarded
    def diff(self, olds: Bag, news: Bag) -> tuple[bool, list[str]]:
        """Whether something changes, and which inputs force a replacement."""
        compared = (*self._kind.address, *self._kind.content, "base_url")
        if pulumi.contains_unknowns([news.get(name) for name in compared]):
            return True, []
        wanted = self._kind.wanted(news)
        record = core_names(olds)
        is_moved = any(self._host.surface.name(core) != name for name, core in zip(olds, record, strict=True))
        recorded = self._recorded(record, wanted)
        change = difference(recorded, wanted)
        if change is not Change.REPLACE:
            settled = settle(recorded, wanted)
            if settled and settled.error:
                self._host.warn(f"`pulumi up` will stop here: {settled.error.headline}")
            # A record of the other surface is written anew by an update, which sends nothing.
            return change is Change.RUN or is_moved, []
        namespace = news["config_namespace"]
        # The replacement is checked anew, without the recorded server: it would go to the public one.
        if recorded.base_url != PUBLIC_SERVER and self._settings.stated_server(namespace) is None:
            self._fail(ConfigurationError(self._lost_server(namespace)), "tries again")
        if not self._kind.is_harmless and not recorded.has_finished:
            self._host.warn(f"how {recorded.action.name} ended is not known; the replacement does not wait for it")
        return True, [name for name in (*self._kind.address, "base_url") if news[name] != record.get(name)]

    @_guarded
    def create(self, props: Bag) -> tuple[str, Bag]:
        return self._kind.resource_id(props), self._run(None, props)

    @_guarded
    def update(self, olds: Bag, news: Bag) -> Bag:
        return self._run(self._recorded(core_names(olds), self._kind.wanted(news)), news)

    @_guarded
    def read(self, props: Bag) -> Bag:
        """Look at the recorded job if it is not known to be done."""
        kind = self._kind
        stored = {key: value for key, value in core_names(props).items() if not key.startswith("__")}
        if not stored or CONFIGURATION in props:  # nothing at all, or the program's inputs
            self._host.fail(
                f"{kind.noun} cannot be imported: NAO Cloud has no record of it to read\n"
                f"  Declare the resource and run `pulumi up`: it {kind.whole} once."
            )
        recorded = kind.attempt(stored)
        if recorded is None:
            self._host.warn(
                f"nothing is known of {kind.noun} here: the record is one of another kind of resource. "
                f"The next `pulumi up` {kind.whole if kind.is_harmless else 'asks what to do'}."
            )
            return stored
        if not recorded.may_be_running:
            return stored
        namespace = stored.get("config_namespace", DEFAULT_NAMESPACE)
        try:
            stated = self._settings.stated_server(namespace)
            if stated not in (None, recorded.base_url):
                raise ConfigurationError(f"its server {recorded.base_url} is not the configured one")
            current, trouble = self._accounts.open(namespace, recorded.base_url).runner.refresh(recorded)
            if trouble:
                raise trouble
        except NaoError as error:
            self._host.warn(f"{recorded.action.name}: its job was not looked at: {error.headline}")
            return stored
        if current.has_finished and not current.done and not kind.is_harmless:
            # Left to the next `up`, which has to show a failure before anything runs again.
            self._host.warn(f"{recorded.action.name} failed: the next `pulumi up` tells why, and sends nothing")
            return stored
        return {**stored, **current.record}

    def _secrets(self, olds: Bag, given: Bag, told: object) -> tuple[bool, list[str]]:
        """Whether the body is a secret, and what is wrong with a path that is one. The host says neither.

        What a program says is of what it has declared: a transformation may put in something else afterwards, and
        `ignore_changes` brings back what is recorded.
        """
        if "path" not in self._kind.address:
            return False, []
        values = [given.get("path"), given.get("body")]
        said = told if isinstance(told, dict) else {}
        body_is_old = same(values[1], olds.get("body"))
        was_secret = body_is_old and bool(olds.get(SECRET_BODY))
        is_secret = was_secret or bool(said.get("body"))
        problems = [_PRIVATE_PATH] if said.get("path") else []
        if pulumi.contains_unknowns(values) or pulumi.contains_unknowns(said):
            return is_secret, problems
        path, body = said.get("digests") or (None, None)
        if path is not None and path != digest_of(values[0]) and values[0] != olds.get("path"):
            problems = problems or [_CHANGED_PATH]
        if body == digest_of(values[1]):
            return is_secret, problems
        return was_secret or not (body_is_old or values[1] is None), problems

    @_guarded
    def adopt(self, inputs: Bag, job_id: str) -> Bag:
        """Record a job that has ended in success as the attempt for these inputs."""
        action = self._kind.action(inputs)
        another = (
            "Import a job that has ended in success, or declare the resource: the next `pulumi up` "
            f"{self._kind.whole} once."
        )
        try:
            account = self._accounts.open(inputs["config_namespace"])
            job = account.client.job(job_id, action.name)
            attempt = Attempt(action, inputs.get("triggers"), account.client.base_url, job.id, job.url)
            found, trouble = account.runner.refresh(attempt)
            if trouble:
                raise trouble
        except NaoError as error:
            lines = [f"{action.name} is not imported: {error.reason}", *error.details, *error.advice]
            if isinstance(error, PollNotFound):
                lines.append(another)
            self._host.fail(redact("\n  ".join(lines), self._settings.keys))
        if not found.done:
            self._host.fail(
                f"{action.name} is not imported: job {job_id} has not ended in success (status {found.status!r})\n"
                f"  {another}"
            )
        self._host.warn(
            f"a job names no site: that job {job_id} was the {action.name} is taken from the id, and not verified"
        )
        return self._kind.outputs({**inputs, "base_url": found.base_url}, found)

    def _hidden(self, namespace: str, seen: object, stated: str | None, recorded: str | None) -> str:
        """Say why the key must not be used: the program's configuration is not what this process goes by."""
        if not isinstance(seen, dict):  # `ignore_changes` or a transform took it away
            if stated is not None or recorded in (None, PUBLIC_SERVER):
                return ""
            return f"{self._lost_server(namespace)}. Where it is set, an explicit provider of pulumi-python hides it"
        names = [name for name in seen["names"] if not self._settings.is_configured(name)]
        if names:
            return hidden_settings(names)
        if seen["server"] not in ("", stated):
            return (
                f"the program is configured for the server {seen['server']}, and its provider for "
                f"{stated or 'none'}; set {variable_of(namespace, 'baseUrl')} to the same value for both"
            )
        return ""

    def _recorded_server(self, olds: Bag, namespace: str) -> str | None:
        # Another namespace is another account: its server must not get this one's key. Without one, the inputs are
        # those of another kind of resource.
        if olds.get("config_namespace") != namespace:
            return None
        server = olds.get("base_url")
        return server if isinstance(server, str) else None

    def _lost_server(self, namespace: str) -> str:
        command = self._settings.command(namespace, "baseUrl", "URL")
        return (
            f"publications or calls of this stack are recorded on another server than {PUBLIC_SERVER}, and none is "
            f"configured; set it with {command}, so that the key goes to no other"
        )

    def _warn_of_overwriting(self, inputs: Bag) -> None:
        call = self._host.call
        if call is None or inputs.get("method") != "PUT" or not isinstance(inputs["path"], str):
            return
        with _guard:
            first = self._overwrites.setdefault((inputs["base_url"], inputs["path"]), call.urn)
        if first != call.urn:
            self._host.warn(f"{first.rpartition('::')[2]} has the same path and method: each overwrites the other's")

    def _recorded(self, olds: Bag, wanted: Wanted) -> Attempt:
        """The recorded attempt; where nothing is known of one, it may have been for what the program wants now."""
        return self._kind.attempt(olds) or Attempt(wanted.action, wanted.triggers, wanted.base_url)

    def _run(self, recorded: Attempt | None, props: Bag) -> Bag:
        kind, call, wanted = self._kind, self._host.call, self._kind.wanted(props)
        earlier = self._unsuccessful.get(call.urn) if call else None
        if earlier and difference(earlier, wanted) is Change.REPLACE:
            earlier = None  # a replacement, under the same URN
        outcome = self._outcome(earlier or recorded, wanted, props)
        attempt = outcome.attempt or earlier
        if call and outcome.error and attempt:
            self._unsuccessful[call.urn] = attempt
        elif call:
            self._unsuccessful.pop(call.urn, None)
        outputs = kind.outputs(props, attempt)
        if outcome.error:
            saves = self._host.saves_unfinished
            unfinished = Unfinished(kind.resource_id(props), outputs, bool(props.get(ERROR_HOOK)))
            current = attempt or recorded
            step = outcome.next_step(wanted, current, saves=saves)
            words = kind.words(step, current.job_id if current else None)
            open_question = unsettled(outcome.attempt, wanted) if outcome.attempt else None
            ways_on = open_question.ways_on if open_question else ()
            self._fail(outcome.error, words, unfinished if attempt and saves else None, ways_on)
        missing = [name for name in wanted.results if name not in outputs["answer"]]
        if missing:
            names = ", ".join(missing)
            self._host.warn(
                f"results: nothing that can be kept was found for {names}: the output `answer` is without"
            )
        return outputs

    def _outcome(self, recorded: Attempt | None, wanted: Wanted, props: Bag) -> Outcome:
        settled = settle(recorded, wanted) if recorded else None
        if settled:
            return settled
        if not wanted.repeats_unknown and not self._host.saves_unfinished:
            return Outcome(None, NotSent(_NOT_SAVED, operation=wanted.action.name))
        try:
            account, limit = self._accounts.open(props["config_namespace"], wanted.base_url), self._limit(props)
        except ConfigurationError as error:
            return Outcome(None, error.of(wanted.action.name))
        return account.runner.run(wanted, limit, self._report(wanted), recorded)

    def _report(self, wanted: Wanted) -> Callable[[str], None]:
        """Lead with what is new: a terminal cuts the row, and its beginning says the resource already."""
        name = wanted.action.name.removeprefix("publication of ")
        return lambda news: self._host.report(f"{news} ({name})")

    def _limit(self, props: Bag) -> Limit:
        call = self._host.call
        if call and call.timeout:
            return Limit(call.timeout, f"{self._host.surface.limits}.{call.method.lower()}")
        return self._settings.limit(props["config_namespace"])

    def _fail(
        self, error: NaoError, next_step: str, unfinished: Unfinished | None = None, ways_on: tuple[str, ...] = ()
    ) -> NoReturn:
        text = error.text(*ways_on, f"The next `pulumi up` {next_step}.", advice=self._accounts.is_new(error))
        self._host.fail(redact(text, self._settings.keys), unfinished)


_CHANGED_PATH = (
    "path: a transformation has changed it, so it may be a secret, and a path is shown in logs and in the state; "
    "write it where the call is declared"
)
_PRIVATE_PATH = (
    "path: this is a secret, and a path is shown in logs and in the state; where it may be, write "
    "pulumi.Output.unsecret(...)"
)
_NOT_SAVED = (
    "this version of Pulumi's SDK cannot record an attempt whose outcome is not known, so the next `pulumi up` would "
    'send it again without a word; where that does no harm, write if_unknown="again"'
)
