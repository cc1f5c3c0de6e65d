"""How a publication can end, as an exit code, and what to do then."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.errors import (
    JobFailed,
    JobGone,
    JobRunsOn,
    MayHaveStarted,
    NaoError,
    NotSent,
    PollDenied,
    PollFailed,
    PollNotFound,
    Rejected,
)
from pulumi_nao.lifecycle import NextStep

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_nao.attempt import Attempt, Wanted
    from pulumi_nao.lifecycle import Outcome


class Ending(IntEnum):
    """An outcome and its exit code. The higher the number, the more care it takes to run the command again.

    1 is left to the unexpected and 2 to a command line that cannot be understood.
    """

    DONE = 0
    NOT_SENT = 3
    REJECTED = 4
    JOB_FAILED = 5
    JOB_RECORD_GONE = 6
    JOB_RUNS_ON = 7
    MAY_HAVE_STARTED = 8


IN_A_WORD = {
    Ending.DONE: "done",
    Ending.NOT_SENT: "not sent",
    Ending.REJECTED: "rejected",
    Ending.JOB_FAILED: "failed",
    Ending.JOB_RECORD_GONE: "without a record of the job",
    Ending.JOB_RUNS_ON: "still running",
    Ending.MAY_HAVE_STARTED: "may have started",
}

_ENDINGS: tuple[tuple[type[NaoError], Ending], ...] = (
    (NotSent, Ending.NOT_SENT),
    (Rejected, Ending.REJECTED),
    (PollDenied, Ending.REJECTED),
    (JobFailed, Ending.JOB_FAILED),
    (JobGone, Ending.JOB_RECORD_GONE),
    (PollNotFound, Ending.JOB_RECORD_GONE),
    (JobRunsOn, Ending.JOB_RUNS_ON),
    (PollFailed, Ending.JOB_RUNS_ON),  # the job's end, at least, was not seen
    (MayHaveStarted, Ending.MAY_HAVE_STARTED),
)


def ending_of(error: NaoError | None, attempt: Attempt | None = None) -> Ending:
    """Find the outcome that an error stands for."""
    if error is None:
        return Ending.DONE
    unforeseen = Ending.JOB_RUNS_ON if attempt and attempt.may_be_running else Ending.MAY_HAVE_STARTED
    return next((ending for kind, ending in _ENDINGS if isinstance(error, kind)), unforeseen)


def worst(endings: Iterable[Ending]) -> Ending:
    """Choose what the exit code tells of several outcomes."""
    return max(endings, default=Ending.DONE)


def wait_command(job_id: str, namespace: str) -> str:
    """Write the command that goes on waiting for a job."""
    option = "" if namespace == DEFAULT_NAMESPACE else f" --namespace {namespace}"
    return f"pulumi-nao job {job_id} --wait{option}"


def next_step(outcome: Outcome, wanted: Wanted, command: str, again: str, namespace: str) -> str:
    """Write the command that comes next after an action went wrong."""
    step = outcome.next_step(wanted)
    if step is NextStep.GO_ON and outcome.attempt and outcome.attempt.job_id:
        return (
            f"Go on with `{wait_command(outcome.attempt.job_id, namespace)}`. {_SECOND_JOB[wanted.repeats_unknown]}"
        )
    if step is NextStep.TRY_AGAIN:
        return f"Nothing was started: `{command}` can be run again."
    if step is NextStep.SETTLE:
        return f"Look in NAO Cloud whether it was done; if it was not, `{command}` {again}."
    return f"`{command}` {again}."


_SECOND_JOB = {
    True: "Publishing again would start a second job.",
    False: "Calling again would start a second job.",
}
