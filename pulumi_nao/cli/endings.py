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

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pulumi_nao.lifecycle import Attempt


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
    """Find the outcome that an error stands for.

    Args:
        error: What went wrong; `None` when nothing did.
        attempt: What is known of the publication, if it was one.
    """
    if error is None:
        return Ending.DONE
    unforeseen = Ending.JOB_RUNS_ON if attempt and attempt.may_be_running else Ending.MAY_HAVE_STARTED
    return next((ending for kind, ending in _ENDINGS if isinstance(error, kind)), unforeseen)


def worst(endings: Iterable[Ending]) -> Ending:
    """Choose what the exit code tells of several outcomes.

    Args:
        endings: The outcomes.
    """
    return max(endings, default=Ending.DONE)


def wait_command(job_id: str, namespace: str) -> str:
    """Write the command that goes on waiting for a job.

    Args:
        job_id: The job.
        namespace: The account.
    """
    option = "" if namespace == DEFAULT_NAMESPACE else f" --namespace {namespace}"
    return f"pulumi-nao job {job_id} --wait{option}"


def next_step(ending: Ending, attempt: Attempt | None, site_id: int, namespace: str) -> str:
    """Write the command that comes next after a publication went wrong.

    Args:
        ending: How it ended.
        attempt: What is known of it.
        site_id: The site.
        namespace: The account.
    """
    if ending is Ending.JOB_RUNS_ON and attempt and attempt.job_id:
        return f"Go on with `{wait_command(attempt.job_id, namespace)}`. Publishing again would start a second job."
    site = str(site_id) if namespace == DEFAULT_NAMESPACE else f"{namespace}:{site_id}"
    command = f"`pulumi-nao publish {site}`"
    if ending in (Ending.NOT_SENT, Ending.REJECTED):
        return f"Nothing was started: {command} can be run again."
    return f"{command} publishes again."
