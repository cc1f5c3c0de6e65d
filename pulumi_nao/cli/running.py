"""Running actions from a shell, several at once: what `publish` and `call` have in common."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pulumi_nao.attempt import Attempt, Wanted
from pulumi_nao.cli import records
from pulumi_nao.cli.accounts import ShellAccounts
from pulumi_nao.cli.endings import IN_A_WORD, Ending, done, ending_of, next_step
from pulumi_nao.cli.stop import stopping
from pulumi_nao.cli.streams import standard_error, standard_output
from pulumi_nao.cli.terminal import choose
from pulumi_nao.errors import ConfigurationError, Defect, NotSent
from pulumi_nao.lifecycle import Outcome
from pulumi_nao.waiting.clock import SystemClock
from pulumi_nao.waiting.threads import NO_THREAD, ThreadPool

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from threading import Event

    from pulumi_nao.cli.display import Display
    from pulumi_nao.models import Action

_AT_ONCE = 16
_SIGNAL_CHECK = 0.1
_STOPPING = "Ending the wait: jobs that were started go on in NAO Cloud. Ctrl-C again ends at once."


@dataclass(frozen=True)
class Task:
    """An action to be run for somebody at a shell.

    Attributes:
        is_harmless: Whether running it twice does no harm.
        command: What runs it again.
        named: What a line of JSON names it by.
        label: The account, where there are several.
    """

    action: Action
    namespace: str
    is_harmless: bool
    command: str
    named: dict[str, Any]
    label: str = ""

    @property
    def operation(self) -> str:
        return self.label + self.action.name

    def wanted(self, accounts: ShellAccounts) -> Wanted:
        base_url = accounts.open(self.namespace).client.base_url
        return Wanted(self.action, base_url, repeats_unknown=self.is_harmless, repeats_failed=self.is_harmless)

    def run(self, accounts: ShellAccounts, display: Display) -> Outcome:
        wanted = self.wanted(accounts)
        try:
            display.began(self.operation)
            report = partial(display.report, self.operation)
            return accounts.open(self.namespace).runner.run(wanted, accounts.limit(self.namespace), report)
        except Exception as defect:  # noqa: BLE001 - a defect of ours must not hide the other outcomes
            return Outcome(Attempt(self.action, None, wanted.base_url), Defect(self.action.name, defect))


def run_tasks(options: argparse.Namespace, tasks: list[Task]) -> int:
    """Run actions and tell how they ended. Must be called in the main thread."""
    output = standard_error() if options.json else standard_output()
    display = choose(output, len(tasks))
    with stopping(display.restore) as asked:
        try:
            accounts = ShellAccounts(SystemClock(asked), options.timeout)
            at_once = accounts.settings.concurrency() or _AT_ONCE
            _open_accounts(accounts, tasks)
        except ConfigurationError as error:
            standard_error().line(error.text("Nothing was sent."))
            if options.json:
                for task in tasks:
                    standard_output().line(records.attempt(task.named, Ending.NOT_SENT, None, error))
            return Ending.NOT_SENT
        endings: list[Ending] = []
        with display:
            for task, outcome in _outcomes(tasks, at_once, accounts, display, asked):
                endings.append(ending_of(outcome.error, outcome.attempt))
                _tell(task, outcome, accounts, display)
                if options.json:
                    standard_output().line(records.attempt(task.named, endings[-1], outcome.attempt, outcome.error))
    if len(tasks) > 1:
        counts = [f"{endings.count(ending)} {words}" for ending, words in IN_A_WORD.items() if ending in endings]
        output.line(f"{len(tasks)} sites: {', '.join(counts)}")
    return max(endings)


def _open_accounts(accounts: ShellAccounts, tasks: list[Task]) -> None:
    addresses = set()
    for task in tasks:
        address = accounts.open(task.namespace).client.base_url, task.action.path
        if address in addresses:
            raise ConfigurationError(f"site {task.named['site_id']} is named twice, and would be published twice")
        addresses.add(address)


def _outcomes(
    tasks: list[Task], at_once: int, accounts: ShellAccounts, display: Display, asked: Event
) -> Iterator[tuple[Task, Outcome]]:
    threads = ThreadPool("nao-run", min(len(tasks), at_once))
    if not threads.prepare():
        yield from ((task, _not_sent(task, NO_THREAD)) for task in tasks)
        return
    pending = {threads.submit(task.run, accounts, display): task for task in tasks}
    told = False
    while pending:
        ended, _ = wait_for(pending, timeout=_SIGNAL_CHECK, return_when=FIRST_COMPLETED)
        if asked.is_set() and not told:
            told = True
            display.note(_STOPPING)
            for future in [future for future in pending if future.cancel()]:
                task = pending.pop(future)
                yield task, _not_sent(task, "cancelled before it began")
        for future in ended:
            yield pending.pop(future), future.result()


def _not_sent(task: Task, reason: str) -> Outcome:
    return Outcome(None, NotSent(reason, operation=task.action.name))


def _tell(task: Task, outcome: Outcome, accounts: ShellAccounts, display: Display) -> None:
    if outcome.error:
        step = next_step(outcome, task.wanted(accounts), task.command, task.namespace)
        text = outcome.error.text(step, advice=accounts.is_new(outcome.error))
        display.failed(task.operation, task.label + text)
    elif outcome.attempt:
        job = f"job {outcome.attempt.job_id}" if outcome.attempt.job_id else "without a job"
        display.done(task.operation, done(outcome.attempt.duration, job))
