"""Between Pulumi's property bags and the lifecycle: reads bags, asks `lifecycle`, writes bags.

`check` and `diff` need neither requests nor pydantic. Both come with the client, for the first publication or look:
in a run without one, importing them would take longer than everything else here.
"""

from __future__ import annotations

import os
import threading
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, TypeVar

import pulumi

from pulumi_nao.cloud.address import PUBLIC_SERVER
from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, environment_prefix
from pulumi_nao.config.settings import Settings, hidden_settings
from pulumi_nao.errors import ConfigurationError, Defect, JobRunsOn, NaoError, NotSent, Rejected
from pulumi_nao.host import Host, ProviderError, Unfinished
from pulumi_nao.lifecycle import Attempt, Change, Outcome, Publisher, difference
from pulumi_nao.models import publication_of
from pulumi_nao.resources.inputs import check_inputs
from pulumi_nao.resources.markers import CONFIGURATION, ERROR_HOOK, MARKERS
from pulumi_nao.resources.records import Bag, attempt_in, outputs_of
from pulumi_nao.text import redact
from pulumi_nao.waiting.clock import Limit, SystemClock
from pulumi_nao.waiting.locks import Locks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Concatenate

    from typing_extensions import ParamSpec

    from pulumi_nao.cloud.key import ApiKey
    from pulumi_nao.jobs import Report

    Parameters = ParamSpec("Parameters")
    Method = Callable[Concatenate["Operations", Parameters], "Result"]

Result = TypeVar("Result")

_COMPARED = ("site_id", "triggers", "base_url")


def _guarded(method: Method[Parameters, Result]) -> Method[Parameters, Result]:
    """Let an exception that nobody foresaw keep its traceback, and ask for a report."""

    @wraps(method)
    def run(self: Operations, /, *arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return method(self, *arguments, **named)
        except ProviderError:
            raise
        except Exception as defect:  # noqa: BLE001 - whatever it is
            self._fail(Defect(f"`{method.__name__}` of a publication", defect), "publishes again")

    return run


class Operations:
    """What the provider's methods do, for one process and all its accounts.

    Args:
        config: Looks up `namespace:key` in the stack's configuration.
        host: The process that this runs in.
        environment: The environment's variables.
    """

    def __init__(
        self, config: Callable[[str], str | None], host: Host, environment: Mapping[str, str] | None = None
    ) -> None:
        self._settings = Settings(config, os.environ if environment is None else environment)
        self._host = host
        self._clock = SystemClock(host.cancel)
        self._guard = threading.Lock()
        self._locks: Locks | None = None
        self._rate_limiters: dict[str, RateLimiter] = {}
        self._circuits: dict[str, Circuit] = {}
        self._publishers: dict[tuple[str, ApiKey], Publisher] = {}
        # What an error hook makes the engine call again for: it then passes the record from before the first call.
        self._unsuccessful: dict[str, Attempt] = {}
        self._advice_given: set[tuple[str, ...]] = set()

    @_guarded
    def check(self, olds: Bag, news: Bag) -> tuple[Bag, list[str]]:
        """Validate inputs and configuration.

        Args:
            olds: The inputs of the last run.
            news: The program's inputs.

        Returns:
            The inputs in their one form, with `base_url`; and the problems.
        """
        given = {key: value for key, value in news.items() if not key.startswith("__") and key not in MARKERS}
        # `ignore_changes` puts recorded inputs into the program's, also this one, which is added below.
        if "base_url" in given and given["base_url"] == olds.get("base_url"):
            del given["base_url"]
        checked, problems = check_inputs(given)
        if checked is None:
            return dict(news), problems
        namespace = checked.config_namespace
        problems = self._settings.problems(namespace)
        if problems:
            return dict(news), problems
        stated, recorded = self._settings.stated_server(namespace), self._recorded_server(olds, namespace)
        problem = self._hidden(namespace, news.get(CONFIGURATION), stated, recorded)
        if problem:
            return dict(news), [problem]
        server = stated or recorded or PUBLIC_SERVER
        inputs = {"site_id": checked.site_id, "config_namespace": namespace, "base_url": server}
        if checked.triggers is not None:
            inputs["triggers"] = checked.triggers
        if news.get(ERROR_HOOK):
            inputs[ERROR_HOOK] = True
        return inputs, []

    @_guarded
    def diff(self, olds: Bag, news: Bag) -> tuple[bool, list[str]]:
        """Decide whether something changes, and which inputs force a replacement.

        Args:
            olds: The recorded outputs.
            news: The checked inputs.
        """
        if any(pulumi.contains_unknowns(news.get(name)) for name in _COMPARED):
            return True, []
        recorded = _recorded(olds, news)
        change = difference(recorded, int(news["site_id"]), news.get("triggers"), news["base_url"])
        if change is not Change.REPLACE:
            return change is Change.PUBLISH, []
        namespace = news["config_namespace"]
        # The replacement is checked anew, without the recorded server: it would go to the public one.
        if recorded.base_url != PUBLIC_SERVER and self._settings.stated_server(namespace) is None:
            self._fail(ConfigurationError(_lost_server(namespace)), "tries again")
        names = {"site_id": recorded.site_id, "base_url": recorded.base_url}
        return True, [name for name, value in names.items() if news[name] != value]

    @_guarded
    def create(self, props: Bag) -> Bag:
        """Publish.

        Args:
            props: The checked inputs.

        Returns:
            The outputs.
        """
        return self._run(None, props)

    @_guarded
    def update(self, olds: Bag, news: Bag) -> Bag:
        """Bring the recorded attempt to a good end, or publish again.

        Args:
            olds: The recorded outputs.
            news: The checked inputs.

        Returns:
            The outputs.
        """
        return self._run(_recorded(olds, news), news)

    @_guarded
    def read(self, props: Bag) -> Bag:
        """Look at the recorded job if it is not known to be done.

        Args:
            props: The recorded outputs.

        Returns:
            The outputs as they are now; what is stored when that cannot be found out.
        """
        stored = {key: value for key, value in props.items() if not key.startswith("__")}
        if not stored or CONFIGURATION in props:  # nothing at all, or the program's inputs
            self._host.fail(
                "a publication cannot be imported: NAO Cloud has no record of it to read\n"
                "  Declare the resource and run `pulumi up`: it publishes the site once."
            )
        recorded = attempt_in(stored)
        if recorded is None:
            self._host.warn(
                "nothing is known of a publication here: the record is one of another kind of resource. "
                "The next `pulumi up` publishes the site."
            )
            return stored
        if not recorded.may_be_running:
            return stored
        namespace = stored.get("config_namespace", DEFAULT_NAMESPACE)
        try:
            stated = self._settings.stated_server(namespace)
            if stated not in (None, recorded.base_url):
                raise ConfigurationError(f"its server {recorded.base_url} is not the configured one")
            current, trouble = self._publisher(stored).refresh(recorded)
        except NaoError as error:
            current, trouble = recorded, error
        if trouble:
            self._host.warn(f"{publication_of(recorded.site_id)}: its job was not looked at: {trouble.headline}")
            return stored
        return {**stored, **outputs_of(current)}

    def _hidden(self, namespace: str, seen: object, stated: str | None, recorded: str | None) -> str:
        """Say why the key must not be used: the program's configuration is not what this process goes by."""
        if not isinstance(seen, dict):  # `ignore_changes` or a transform took it away
            if stated is not None or recorded in (None, PUBLIC_SERVER):
                return ""
            return f"{_lost_server(namespace)}. Where it is set, an explicit provider of pulumi-python hides it"
        names = [name for name in seen["names"] if not self._settings.is_configured(name)]
        if names:
            return hidden_settings(names)
        if seen["server"] not in ("", stated):
            return (
                f"the program is configured for the server {seen['server']}, and its provider for "
                f"{stated or 'none'}; set {environment_prefix(namespace)}BASE_URL to the same value for both"
            )
        return ""

    def _recorded_server(self, olds: Bag, namespace: str) -> str | None:
        # Another namespace is another account: its server must not get this one's key. Without one, the inputs are
        # those of another kind of resource.
        if olds.get("config_namespace") != namespace:
            return None
        server = olds.get("base_url")
        return server if isinstance(server, str) else None

    def _run(self, recorded: Attempt | None, props: Bag) -> Bag:
        """Publish, or bring the recorded attempt to a good end."""
        call = self._host.call
        earlier = self._unsuccessful.get(call.urn) if call else None
        if earlier and (earlier.site_id, earlier.base_url) != (int(props["site_id"]), props["base_url"]):
            earlier = None  # a replacement, under the same URN
        outcome = self._outcome(earlier or recorded, props)
        attempt = outcome.attempt or earlier
        if call and outcome.error and attempt:
            self._unsuccessful[call.urn] = attempt
        elif call:
            self._unsuccessful.pop(call.urn, None)
        outputs: Bag = {"config_namespace": props["config_namespace"], **(outputs_of(attempt) if attempt else {})}
        if outcome.error:
            reason_wanted = bool(props.get(ERROR_HOOK))
            unfinished = Unfinished(str(int(props["site_id"])), outputs, reason_wanted=reason_wanted)
            saves = self._host.saves_unfinished
            next_step = _next_step(outcome.error, outcome.attempt, earlier, saves=saves)
            self._fail(outcome.error, next_step, unfinished if attempt and saves else None)
        return outputs

    def _outcome(self, recorded: Attempt | None, props: Bag) -> Outcome:
        site_id, triggers = int(props["site_id"]), props.get("triggers")
        try:
            publisher, limit = self._publisher(props), self._limit(props)
        except ConfigurationError as error:
            headline = f"{publication_of(site_id)} not sent: {error.headline}"
            return Outcome(None, ConfigurationError(headline, *error.details))
        report = self._report(site_id)
        if recorded is None:
            return publisher.publish(site_id, triggers, limit, report)
        return publisher.update(recorded, triggers, limit, report)

    def _publisher(self, props: Bag) -> Publisher:
        key = self._settings.api_key(props["config_namespace"])
        with self._guard:
            server = props["base_url"]
            if self._locks is None:
                self._locks = Locks(self._clock, self._settings.concurrency())
            if server not in self._rate_limiters:
                self._rate_limiters[server] = RateLimiter(self._clock, self._settings.requests_per_second())
                self._circuits[server] = Circuit(self._clock)
            account = (server, key)
            if account not in self._publishers:
                from pulumi_nao.cloud.client import NaoClient  # noqa: PLC0415 - see the module's docstring

                client = NaoClient(
                    key,
                    server,
                    clock=self._clock,
                    rate_limiter=self._rate_limiters[server],
                    circuit=self._circuits[server],
                )
                self._publishers[account] = Publisher(client, self._clock, self._locks)
            return self._publishers[account]

    def _report(self, site_id: int) -> Report:
        """Lead with what is new: a terminal cuts the row, and its beginning says the resource already."""
        return lambda news: self._host.report(f"{news} (site {site_id})")

    def _limit(self, props: Bag) -> Limit:
        call = self._host.call
        if call and call.timeout:
            return Limit(call.timeout, f"custom_timeouts.{call.method.lower()}")
        return self._settings.limit(props["config_namespace"])

    def _fail(self, error: NaoError, next_step: str, unfinished: Unfinished | None = None) -> NoReturn:
        with self._guard:
            first = error.advice not in self._advice_given
            self._advice_given.add(error.advice)
        text = error.text(f"The next `pulumi up` {next_step}.", advice=first)
        self._host.fail(redact(text, self._settings.keys), unfinished)


def _next_step(error: NaoError, attempt: Attempt | None, earlier: Attempt | None, *, saves: bool) -> str:
    """What the next `up` does after a failure of this call, whose own attempt may not be the one that is recorded."""
    recorded = attempt or earlier
    if saves and isinstance(error, JobRunsOn) and not attempt:
        return "waits for this job to end, and publishes"
    if saves and recorded and recorded.may_be_running:
        return "goes on waiting for this job" if attempt else f"takes up job {recorded.job_id} first"
    if isinstance(error, (NotSent, Rejected)):
        return "tries again"
    return "publishes again"


def _recorded(olds: Bag, news: Bag) -> Attempt:
    """The recorded attempt; where nothing is known of one, it may have been for what the program wants now."""
    return attempt_in(olds) or Attempt(int(news["site_id"]), None, news["base_url"])


def _lost_server(namespace: str) -> str:
    return (
        f"publications of this stack are recorded on another server than {PUBLIC_SERVER}, and none is configured; "
        f"set it with `pulumi config set {namespace}:baseUrl URL`, so that the key goes to no other"
    )
