"""Between Pulumi's property bags and the lifecycle: reads bags, asks `lifecycle`, writes bags.

`check` and `diff` need neither requests nor pydantic. Both come with the client, for the first publication or look:
in a run without one, importing them would take longer than everything else here.
"""

from __future__ import annotations

import os
import threading
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import pulumi

from pulumi_nao.account import PUBLIC_SERVER
from pulumi_nao.clock import SystemClock
from pulumi_nao.errors import ConfigurationError, Defect, JobRunsOn, NaoError, NotSent, Rejected
from pulumi_nao.host import Host, ProviderError, Unfinished
from pulumi_nao.inputs import check_inputs
from pulumi_nao.lifecycle import Attempt, Change, Limit, Outcome, Publisher, difference
from pulumi_nao.models import publication_of
from pulumi_nao.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.pace import Pace
from pulumi_nao.settings import Setting, Settings
from pulumi_nao.text import format_moment, redact
from pulumi_nao.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Concatenate

    from typing_extensions import ParamSpec

    from pulumi_nao.jobs import Report

    Parameters = ParamSpec("Parameters")
    Method = Callable[Concatenate["Operations", Parameters], "Result"]

Bag = dict[str, Any]
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
            self._fail(Defect(f"`{method.__name__}` of a publication", defect))

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
        self._turns: Turns | None = None
        self._paces: dict[str, Pace] = {}
        self._publishers: dict[tuple[str, Setting], Publisher] = {}
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
        given = {key: value for key, value in news.items() if not key.startswith("__")}
        checked, problems = check_inputs(given)
        if checked is None:
            return dict(news), problems
        namespace = checked.config_namespace
        problems = self._settings.problems(namespace)
        if problems:
            return dict(news), problems
        server = self._settings.stated_server(namespace)
        if server is None:
            server = self._recorded_server(olds, namespace) or PUBLIC_SERVER
        inputs = {"site_id": checked.site_id, "config_namespace": namespace, "base_url": server}
        if checked.triggers is not None:
            inputs["triggers"] = checked.triggers
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
        recorded = _attempt(olds)
        change = difference(recorded, int(news["site_id"]), news.get("triggers"), news["base_url"])
        if change is not Change.REPLACE:
            return change is Change.PUBLISH, []
        namespace = news["config_namespace"]
        # The replacement is checked anew, without the recorded server: it would go to the public one.
        if recorded.base_url != PUBLIC_SERVER and self._settings.stated_server(namespace) is None:
            self._fail(ConfigurationError(_lost_server(namespace)))
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
        publisher = self._publisher(props)
        site_id = int(props["site_id"])
        outcome = publisher.publish(site_id, props.get("triggers"), self._limit(props), self._report(site_id))
        return self._outputs(outcome, props)

    @_guarded
    def update(self, olds: Bag, news: Bag) -> Bag:
        """Bring the recorded attempt to a good end, or publish again.

        Args:
            olds: The recorded outputs.
            news: The checked inputs.

        Returns:
            The outputs.
        """
        publisher = self._publisher(news)
        recorded = _attempt(olds)
        report = self._report(recorded.site_id)
        outcome = publisher.update(recorded, news.get("triggers"), self._limit(news), report)
        return self._outputs(outcome, news)

    @_guarded
    def read(self, props: Bag) -> Bag:
        """Look at the recorded job if it is not known to be done.

        Args:
            props: The recorded outputs.

        Returns:
            The outputs as they are now; what is stored when that cannot be found out.
        """
        if "status" not in props or "base_url" not in props:
            self._host.fail(
                "a publication cannot be imported: NAO Cloud has no record of it to read\n"
                "  Declare the resource and run `pulumi up`: it publishes the site once."
            )
        stored = {key: value for key, value in props.items() if not key.startswith("__")}
        recorded = _attempt(stored)
        if not recorded.may_be_running:
            return stored
        namespace = stored.get("config_namespace", DEFAULT_NAMESPACE)
        try:
            stated = self._settings.stated_server(namespace)
            if stated not in (None, recorded.base_url):
                raise ConfigurationError(f"its server {recorded.base_url} is not the configured one")
            current, trouble = self._publisher(stored, quiet=True).refresh(recorded)
        except NaoError as error:
            current, trouble = recorded, error
        if trouble:
            self._host.warn(f"{publication_of(recorded.site_id)}: its job was not looked at: {trouble.headline}")
            return stored
        return {**stored, **_outputs_of(current)}

    def _recorded_server(self, olds: Bag, namespace: str) -> str | None:
        # Another namespace is another account: its server must not get this one's key.
        if olds.get("config_namespace", DEFAULT_NAMESPACE) != namespace:
            return None
        return olds.get("base_url")

    def _publisher(self, props: Bag, *, quiet: bool = False) -> Publisher:
        try:
            key = self._settings.api_key(props["config_namespace"])
            with self._guard:
                server = props["base_url"]
                if self._turns is None:
                    self._turns = Turns(self._clock, self._settings.concurrency())
                if server not in self._paces:
                    self._paces[server] = Pace(self._clock, self._settings.requests_per_second())
                account = (server, key)
                if account not in self._publishers:
                    from pulumi_nao.client import NaoClient  # noqa: PLC0415 - see the module's docstring

                    client = NaoClient(
                        key.value,
                        server,
                        key_origin=key.source,
                        namespace=props["config_namespace"],
                        clock=self._clock,
                        pace=self._paces[server],
                    )
                    self._publishers[account] = Publisher(client, self._clock, self._turns)
                return self._publishers[account]
        except ConfigurationError as error:
            if quiet:
                raise
            operation = publication_of(int(props["site_id"]))
            self._fail(ConfigurationError(f"{operation} not sent: {error.headline}", *error.details))

    def _report(self, site_id: int) -> Report:
        """Lead with what is new: a terminal cuts the row, and its beginning says the resource already."""
        return lambda news: self._host.report(f"{news} (site {site_id})")

    def _limit(self, props: Bag) -> Limit:
        call = self._host.call
        if call and call.timeout:
            return Limit(call.timeout, f"custom_timeouts.{call.method.lower()}")
        return self._settings.limit(props["config_namespace"])

    def _outputs(self, outcome: Outcome, props: Bag) -> Bag:
        outputs: Bag = {name: props[name] for name in ("site_id", "triggers", "config_namespace") if name in props}
        if outcome.attempt:
            outputs |= _outputs_of(outcome.attempt)
        if outcome.error:
            saved = outcome.attempt is not None and self._host.saves_unfinished
            self._fail(outcome.error, Unfinished(str(int(props["site_id"])), outputs) if saved else None)
        return outputs

    def _fail(self, error: NaoError, unfinished: Unfinished | None = None) -> NoReturn:
        with self._guard:
            first = error.advice not in self._advice_given
            self._advice_given.add(error.advice)
        if isinstance(error, (JobRunsOn, Defect)) and unfinished and unfinished.properties.get("job_id"):
            next_step = "goes on waiting for this job"
        elif isinstance(error, JobRunsOn) and self._host.saves_unfinished:
            next_step = "waits for this job to end, and publishes"
        elif isinstance(error, (NotSent, Rejected)):
            next_step = "tries again"
        else:
            next_step = "publishes again"
        text = error.text(f"The next `pulumi up` {next_step}.", advice=first)
        self._host.fail(redact(text, self._settings.keys), unfinished)


def _attempt(props: Bag) -> Attempt:
    return Attempt(
        site_id=int(props["site_id"]),
        triggers=props.get("triggers"),
        base_url=props["base_url"],
        job_id=props.get("job_id"),
        job_url=props.get("job_url"),
        has_finished=props.get("has_finished", False),
        status=props["status"],
        message=props.get("message"),
        started_at=_moment(props.get("started_at")),
        finished_at=_moment(props.get("finished_at")),
        duration=props.get("duration"),
    )


def _outputs_of(attempt: Attempt) -> Bag:
    return {
        "base_url": attempt.base_url,
        "job_id": attempt.job_id,
        "job_url": attempt.job_url,
        "has_finished": attempt.has_finished,
        "status": attempt.status,
        "message": attempt.message,
        "started_at": format_moment(attempt.started_at),
        "finished_at": format_moment(attempt.finished_at),
        "duration": attempt.duration,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _lost_server(namespace: str) -> str:
    return (
        f"publications of this stack are recorded on another server than {PUBLIC_SERVER}, and none is configured; "
        f"set it with `pulumi config set {namespace}:baseUrl URL`, so that the key goes to no other"
    )
