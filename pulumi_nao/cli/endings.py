"""How an action can end, as an exit code and in words, and what to do then."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from pulumi_nao import errors
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.lifecycle import NextStep
from pulumi_nao.text import format_duration

if TYPE_CHECKING:
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

_ENDINGS = (
    (errors.NotSent, Ending.NOT_SENT),
    ((errors.Rejected, errors.PollDenied), Ending.REJECTED),
    (errors.JobFailed, Ending.JOB_FAILED),
    ((errors.JobGone, errors.PollNotFound), Ending.JOB_RECORD_GONE),
    ((errors.JobRunsOn, errors.PollFailed), Ending.JOB_RUNS_ON),  # of a poll: the job's end, at least, was not seen
    (errors.MayHaveStarted, Ending.MAY_HAVE_STARTED),
)


def ending_of(error: errors.NaoError | None, attempt: Attempt | None = None) -> Ending:
    if error is None:
        return Ending.DONE
    unforeseen = Ending.JOB_RUNS_ON if attempt and attempt.may_be_running else Ending.MAY_HAVE_STARTED
    return next((ending for kinds, ending in _ENDINGS if isinstance(error, kinds)), unforeseen)


def done(duration: float | None, job: str) -> str:
    took = "" if duration is None else f" in {format_duration(duration)}"
    return f"done{took}, {job}"


def namespace_option(namespace: str) -> str:
    return "" if namespace == DEFAULT_NAMESPACE else f" --namespace {namespace}"


def wait_command(job_id: str, namespace: str) -> str:
    return f"pulumi-nao job {job_id} --wait{namespace_option(namespace)}"


def next_step(outcome: Outcome, wanted: Wanted, command: str, namespace: str) -> str:
    # Only a publication is repeated without being asked about.
    calling, sends = ("Publishing", "publishes") if wanted.repeats_unknown else ("Calling", "sends it")
    step = outcome.next_step(wanted)
    if step is NextStep.GO_ON and outcome.attempt and outcome.attempt.job_id:
        go_on = wait_command(outcome.attempt.job_id, namespace)
        return f"Go on with `{go_on}`. {calling} again would start a second job."
    if step is NextStep.TRY_AGAIN:
        return f"Nothing was started: `{command}` can be run again."
    if step is NextStep.SETTLE:
        return f"Look in NAO Cloud whether it was done; if it was not, `{command}` {sends} again."
    return f"`{command}` {sends} again."
