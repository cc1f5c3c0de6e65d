"""Running actions from a shell, several at once: what `publish` and `call` have in common."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pulumi_nao.attempt import Attempt
from pulumi_nao.cli import records
from pulumi_nao.cli.accounts import Desk
from pulumi_nao.cli.display import Display, choose
from pulumi_nao.cli.endings import IN_A_WORD, Ending, ending_of, next_step, worst
from pulumi_nao.cli.stop import stopping
from pulumi_nao.cli.streams import standard_error, standard_output
from pulumi_nao.errors import ConfigurationError, Defect, NotSent
from pulumi_nao.lifecycle import Outcome
from pulumi_nao.text import format_duration
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.threads import NO_THREAD, ThreadPool

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from concurrent.futures import Future
    from threading import Event

    from pulumi_nao.accounts import Account
    from pulumi_nao.attempt import Wanted
    from pulumi_nao.waiting.clock import Limit

_AT_ONCE = 16
_SIGNAL_CHECK = 0.1
_STOPPING = "Ending the wait: jobs that were started go on in NAO Cloud. Ctrl-C again ends at once."


@dataclass(frozen=True)
class Task:
    """An action to be run for somebody at a shell.

    Attributes:
        wanted: The action.
        namespace: Its account.
        account: The same, opened.
        limit: How long it may take.
        command: The command that runs it again.
        again: What that does: `publishes again`.
        named: What a line of JSON names it by.
        label: The account, where there are several.
    """

    wanted: Wanted
    namespace: str
    account: Account
    limit: Limit
    command: str
    again: str
    named: dict[str, Any]
    label: str = ""

    @property
    def operation(self) -> str:
        """What the display calls it."""
        return self.label + self.wanted.action.name

    def run(self, display: Display) -> Outcome:
        """Run it, and show how it goes on."""
        display.began(self.operation)
        return self.account.runner.run(self.wanted, self.limit, partial(display.report, self.operation))


def run_tasks(arguments: argparse.Namespace, named: list[dict[str, Any]], tasks: Callable[[Desk], list[Task]]) -> int:
    """Run actions and tell how they ended. Must be called in the main thread."""
    output = standard_error() if arguments.json else standard_output()
    display = choose(output, standard_error(), len(named))
    with stopping(display.restore) as asked:
        try:
            desk = Desk(SystemClock(asked), arguments.timeout)
            at_once = desk.settings.concurrency() or _AT_ONCE
            todo = tasks(desk)
        except ConfigurationError as error:
            standard_error().line(error.text("Nothing was sent."))
            if arguments.json:
                for names in named:
                    standard_output().line(records.attempt(names, Ending.NOT_SENT, None, error))
            return Ending.NOT_SENT
        verdicts = _Verdicts(desk, display, as_json=arguments.json)
        with display:
            _run(todo, at_once, display, verdicts, asked)
    if len(todo) > 1:
        output.line(verdicts.summary)
    return worst(verdicts.endings)


class _Verdicts:
    """Takes each outcome once and tells it to people and machines."""

    def __init__(self, desk: Desk, display: Display, *, as_json: bool) -> None:
        self.endings: list[Ending] = []
        self._desk = desk
        self._display = display
        self._as_json = as_json

    def add(self, task: Task, outcome: Outcome) -> None:
        attempt, error = outcome.attempt, outcome.error
        ending = ending_of(error, attempt)
        self.endings.append(ending)
        if error:
            step = next_step(outcome, task.wanted, task.command, task.again, task.namespace)
            text = error.text(step, advice=self._desk.accounts.is_new(error))
            self._display.failed(task.operation, task.label + text)
        elif attempt:
            self._display.done(task.operation, _done(attempt))
        if self._as_json:
            standard_output().line(records.attempt(task.named, ending, attempt, error))

    @property
    def summary(self) -> str:
        """One line on all sites."""
        counts = [
            f"{self.endings.count(ending)} {words}" for ending, words in IN_A_WORD.items() if ending in self.endings
        ]
        return f"{len(self.endings)} sites: {', '.join(counts)}"


def _run(tasks: list[Task], at_once: int, display: Display, verdicts: _Verdicts, asked: Event) -> None:
    threads = ThreadPool("nao-run", min(len(tasks), at_once))
    if not threads.prepare():
        for task in tasks:
            verdicts.add(task, _not_sent(task, NO_THREAD))
        return
    pending = {threads.submit(task.run, display): task for task in tasks}
    told = False
    while pending:
        ended, _ = wait_for(pending, timeout=_SIGNAL_CHECK, return_when=FIRST_COMPLETED)
        if asked.is_set() and not told:
            told = True
            display.note(_STOPPING)
            for future in [future for future in pending if future.cancel()]:
                task = pending.pop(future)
                verdicts.add(task, _not_sent(task, "cancelled before it began"))
        for future in ended:
            task = pending.pop(future)
            verdicts.add(task, _outcome(task, future))


def _not_sent(task: Task, reason: str) -> Outcome:
    return Outcome(None, NotSent(reason, operation=task.wanted.action.name))


def _outcome(task: Task, future: Future[Outcome]) -> Outcome:
    """Take a thread's outcome; a defect of ours is one, too, and must not hide the others."""
    try:
        return future.result()
    except Exception as defect:  # noqa: BLE001 - whatever it is
        action = task.wanted.action
        return Outcome(Attempt(action, None, task.account.client.base_url), Defect(action.name, defect))


def _done(attempt: Attempt) -> str:
    took = "" if attempt.duration is None else f" in {format_duration(attempt.duration)}"
    job = f"job {attempt.job_id}" if attempt.job_id else "without a job"
    return f"done{took}, {job}"
