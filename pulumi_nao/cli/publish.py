"""`pulumi-nao publish`: publishes sites, several at once, and awaits their jobs."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pulumi_nao.cli import parsing, records
from pulumi_nao.cli.accounts import Account, Accounts
from pulumi_nao.cli.display import Display, choose
from pulumi_nao.cli.endings import IN_A_WORD, Ending, ending_of, next_step, worst
from pulumi_nao.cli.parser import refuse_key_options
from pulumi_nao.cli.stop import stopping
from pulumi_nao.cli.streams import standard_error, standard_output
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.errors import ConfigurationError, Defect, NotSent
from pulumi_nao.lifecycle import Attempt, Outcome
from pulumi_nao.models import publication_of
from pulumi_nao.text import format_duration
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.threads import NO_THREAD, ThreadPool

if TYPE_CHECKING:
    import argparse
    from concurrent.futures import Future
    from threading import Event

DESCRIPTION = (
    "Publish sites' tracking configurations, await the jobs and tell how they ended. Key and server are read from "
    "NAO_API_KEY and NAO_BASE_URL; with --namespace nao-eu from NAO_EU_API_KEY and NAO_EU_BASE_URL. Exit codes: "
    "0 done, 2 usage, 3 not sent, 4 rejected, 5 job failed, 6 job record gone, 7 job runs on, 8 may have started; of "
    "several sites the highest."
)

_AT_ONCE = 16
_LOOK_FOR_SIGNAL = 0.1
_STOPPING = "Ending the wait: jobs that were started go on in NAO Cloud. Ctrl-C again ends at once."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments.

    Args:
        parser: Takes them.
    """
    parser.add_argument(
        "sites",
        nargs="+",
        type=parsing.site,
        metavar="SITE",
        help="number of a site; nao-eu:910 for another account than --namespace's",
    )
    parsing.add_namespace(
        parser, default=DEFAULT_NAMESPACE, help="account of sites that name none (default: %(default)s)"
    )
    parser.add_argument(
        "--timeout",
        type=parsing.timeout,
        metavar="TIME",
        help="how long one publication may take: 90s, 30m, 1h30m (default: NAO_TIMEOUT, else 30m)",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="write a line with a JSON object on standard output for each site that has ended; all else goes to "
        "standard error",
    )
    refuse_key_options(parser)


@dataclass(frozen=True)
class _Task:
    account: Account
    site_id: int
    label: str  # the account, where there are several

    @property
    def operation(self) -> str:
        return self.label + publication_of(self.site_id)

    def publish(self, display: Display) -> Outcome:
        display.began(self.operation)
        return self.account.publisher.publish(
            self.site_id,
            None,
            self.account.limit,
            partial(display.report, self.operation),
        )


def run(arguments: argparse.Namespace) -> int:
    """Publish. Must be called in the main thread.

    Args:
        arguments: What a parser with `add_arguments` made of the command line.

    Returns:
        The exit code.
    """
    wanted = [(namespace or arguments.namespace, site_id) for namespace, site_id in arguments.sites]
    output = standard_error() if arguments.json else standard_output()
    display = choose(output, standard_error(), len(wanted))
    with stopping(display.restore) as asked:
        clock = SystemClock(asked)
        try:
            accounts = Accounts(clock, arguments.timeout)
            tasks = _tasks(accounts, wanted)
        except ConfigurationError as error:
            standard_error().line(error.text("Nothing was sent."))
            if arguments.json:
                for namespace, site_id in wanted:
                    standard_output().line(records.publication(site_id, namespace, Ending.NOT_SENT, None, error))
            return Ending.NOT_SENT
        verdicts = _Verdicts(display, as_json=arguments.json)
        with display:
            _publish(tasks, accounts.at_once or _AT_ONCE, display, verdicts, asked)
    if len(tasks) > 1:
        output.line(verdicts.summary)
    return worst(verdicts.endings)


def _tasks(accounts: Accounts, wanted: list[tuple[str, int]]) -> list[_Task]:
    several = len({namespace for namespace, _ in wanted}) > 1
    tasks: dict[tuple[str, int], _Task] = {}
    for namespace, site_id in wanted:
        account = accounts.open(namespace)
        place = (account.client.base_url, site_id)
        if place in tasks:
            raise ConfigurationError(f"site {site_id} is named twice, and would be published twice")
        tasks[place] = _Task(account, site_id, f"{namespace}: " if several else "")
    return list(tasks.values())


class _Verdicts:
    """Takes each outcome once and tells it to people and machines."""

    def __init__(self, display: Display, *, as_json: bool) -> None:
        self.endings: list[Ending] = []
        self._display = display
        self._as_json = as_json
        self._advice_given: set[tuple[str, ...]] = set()

    def add(self, task: _Task, outcome: Outcome) -> None:
        attempt, error = outcome.attempt, outcome.error
        namespace = task.account.namespace
        ending = ending_of(error, attempt)
        self.endings.append(ending)
        if error:
            first = error.advice not in self._advice_given
            self._advice_given.add(error.advice)
            step = next_step(ending, attempt, task.site_id, namespace)
            self._display.failed(task.operation, task.label + error.text(step, advice=first))
        elif attempt:
            self._display.done(task.operation, _done(task.operation, attempt))
        if self._as_json:
            standard_output().line(records.publication(task.site_id, namespace, ending, attempt, error))

    @property
    def summary(self) -> str:
        """One line on all sites."""
        counts = [
            f"{self.endings.count(ending)} {words}" for ending, words in IN_A_WORD.items() if ending in self.endings
        ]
        return f"{len(self.endings)} sites: {', '.join(counts)}"


def _publish(tasks: list[_Task], at_once: int, display: Display, verdicts: _Verdicts, asked: Event) -> None:
    workers = ThreadPool("nao-publish", min(len(tasks), at_once))
    if not workers.prepare():
        for task in tasks:
            verdicts.add(task, _not_sent(task, NO_THREAD))
        return
    pending = {workers.submit(task.publish, display): task for task in tasks}
    told = False
    while pending:
        ended, _ = wait_for(pending, timeout=_LOOK_FOR_SIGNAL, return_when=FIRST_COMPLETED)
        if asked.is_set() and not told:
            told = True
            display.note(_STOPPING)
            for future in [future for future in pending if future.cancel()]:
                task = pending.pop(future)
                verdicts.add(task, _not_sent(task, "cancelled before it began"))
        for future in ended:
            task = pending.pop(future)
            verdicts.add(task, _outcome(task, future))


def _not_sent(task: _Task, reason: str) -> Outcome:
    return Outcome(None, NotSent(f"{publication_of(task.site_id)} not sent: {reason}"))


def _outcome(task: _Task, future: Future[Outcome]) -> Outcome:
    """Take a thread's outcome; a defect of ours is one, too, and must not hide the others."""
    try:
        return future.result()
    except Exception as defect:  # noqa: BLE001 - whatever it is
        lost = Attempt(task.site_id, None, task.account.client.base_url)
        return Outcome(lost, Defect(publication_of(task.site_id), defect))


def _done(operation: str, attempt: Attempt) -> str:
    took = "" if attempt.duration is None else f" in {format_duration(attempt.duration)}"
    return f"{operation}: done{took}, job {attempt.job_id}"
