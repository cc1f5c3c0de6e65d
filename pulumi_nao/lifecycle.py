"""What diff, create, update and read decide, in plain values, so that other surfaces than Pulumi can stand on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from pulumi_nao import jobs
from pulumi_nao.attempt import Attempt, Wanted
from pulumi_nao.errors import (
    Defect,
    JobError,
    JobFailed,
    JobGone,
    JobRunsOn,
    MayHaveStarted,
    NaoError,
    NotSent,
    OutcomeNotKnown,
    PollFailed,
    Rejected,
)
from pulumi_nao.models import Done, Job, JobState
from pulumi_nao.text import format_moment
from pulumi_nao.waiting.clock import DEFAULT_LIMIT, Clock, Deadline, Limit, SystemClock
from pulumi_nao.waiting.locks import Locks

if TYPE_CHECKING:
    from pulumi_nao.cloud.client import NaoClient
    from pulumi_nao.jobs import Report


class Change(Enum):
    """What a difference between program and record leads to."""

    NONE = "none"
    RUN = "run"
    REPLACE = "replace"


def difference(recorded: Attempt, wanted: Wanted) -> Change:
    """Compare what the program wants with what is recorded."""
    there, here = recorded.action, wanted.action
    if (there.method, there.path, recorded.base_url) != (here.method, here.path, wanted.base_url):
        return Change.REPLACE
    if not recorded.done or not recorded.made_for(wanted):
        return Change.RUN
    return Change.NONE


class NextStep(Enum):
    """What follows a failure; `resources/kinds` and `cli/endings` have the words for it."""

    GO_ON = auto()  # wait on for the job of this attempt
    TAKE_UP = auto()  # take up the job that is recorded, of an earlier attempt
    RUN_AFTER_JOB = auto()  # wait for another attempt's job to end, and run
    SETTLE = auto()  # nothing, until a person has settled the attempt
    TRY_AGAIN = auto()  # run: nothing was started
    RUN_AGAIN = auto()  # run once more


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        attempt: What is to be recorded; `None` leaves the record as it was.
        error: What went wrong; `None` when all is done.
    """

    attempt: Attempt | None
    error: NaoError | None = None

    def next_step(self, wanted: Wanted, recorded: Attempt | None = None, *, saves: bool = True) -> NextStep:
        """What is to follow this failure; an earlier attempt, still recorded, counts where there is no other."""
        if saves and isinstance(self.error, JobRunsOn) and not self.attempt:
            return NextStep.RUN_AFTER_JOB
        current = self.attempt or recorded
        if saves and current and current.may_be_running:
            return NextStep.GO_ON if self.attempt else NextStep.TAKE_UP
        if isinstance(self.error, OutcomeNotKnown) or (self.attempt and unsettled(self.attempt, wanted)):
            return NextStep.SETTLE
        return NextStep.TRY_AGAIN if isinstance(self.error, (NotSent, Rejected)) else NextStep.RUN_AGAIN


def settle(recorded: Attempt, wanted: Wanted) -> Outcome | None:
    """Decide offline what becomes of a recorded attempt; `None` when there is a job to await or an action to run."""
    if difference(recorded, wanted) is Change.NONE:
        return Outcome(recorded)  # Pulumi also updates what has nothing but a stored failure of an earlier try
    if recorded.is_unknown and recorded.made_for(wanted) and _is_assumed(recorded, wanted):
        return Outcome(recorded.assumed())
    error = unsettled(recorded, wanted)
    return Outcome(None, error) if error else None


def unsettled(recorded: Attempt, wanted: Wanted) -> OutcomeNotKnown | None:
    """Say why a person has to settle a recorded attempt before the action may run; `None` when it may."""
    if wanted.repeats_unknown or not recorded.is_unknown or not recorded.made_for(wanted):
        return None
    began = format_moment(recorded.started_at) or ""
    return OutcomeNotKnown(wanted.action.name, began, recorded.job_url or "")


def _is_assumed(recorded: Attempt, wanted: Wanted) -> bool:
    return wanted.assume_done is not None and wanted.assume_done == format_moment(recorded.started_at)


class Runner:
    """Runs the actions of one account; those who share locks call one address one at a time."""

    def __init__(self, client: NaoClient, clock: Clock | None = None, locks: Locks | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()
        self._locks = locks or Locks(self._clock)

    def run(
        self,
        wanted: Wanted,
        limit: Limit = DEFAULT_LIMIT,
        report: Report = jobs.silent,
        recorded: Attempt | None = None,
    ) -> Outcome:
        """Run an action and await its job, if it has one; or bring a recorded attempt to a good end.

        A job that may still be running is awaited first, so that two calls of an address never run side by side.
        If it was started for what is wanted now, its success is all that is wanted. The limit counts from the first
        request.
        """
        settled = settle(recorded, wanted) if recorded else None
        if settled:
            return settled
        action = wanted.action
        try:
            with self._locks.held((self._client.base_url, action.path), action.name, report):
                deadline = limit.begun(self._clock)
                resumed = None
                if recorded and recorded.may_be_running:
                    resumed = self._resume(recorded, wanted, deadline, report)
                return resumed or self._run(wanted, deadline, report)
        except NaoError as error:
            return Outcome(None, error)
        except Exception as defect:  # noqa: BLE001 - what is recorded stays so, whatever is wrong here
            is_secret = action.is_secret or (recorded is not None and recorded.action.is_secret)
            return Outcome(None, Defect(action.name, defect, is_secret=is_secret))

    def refresh(self, recorded: Attempt) -> tuple[Attempt, NaoError | None]:
        """Look once at the job of an attempt that is not known to be done; tell what went wrong with the look."""
        if not recorded.may_be_running:
            return recorded, None
        try:
            return recorded.seen(self._job(recorded).poll(), self._clock.now()), None
        except PollFailed as trouble:
            return recorded, trouble

    def _resume(self, recorded: Attempt, wanted: Wanted, deadline: Deadline, report: Report) -> Outcome | None:
        """Await the recorded job; `None` when the action is to run after it."""
        is_wanted = recorded.made_for(wanted)
        job = self._job(recorded, is_secret=wanted.action.is_secret)
        report(
            f"going on with job {job.id}, {job.url}"
            if is_wanted
            else f"waiting for job {job.id}, started for {_others(recorded, wanted)}, {job.url}"
        )
        first: JobState | PollFailed
        try:
            first = job.poll(deadline)
        except PollFailed as trouble:
            first = trouble
        if isinstance(first, JobState) and first.has_finished:
            seen = recorded.seen(first, self._clock.now())
            if first.succeeded:
                return Outcome(seen) if is_wanted else None
            # It failed before this call, and the cause may be mended by now. Only what must not be repeated unasked
            # has its failure reported first.
            return None if wanted.repeats_failed else Outcome(seen, JobFailed(job, first, None))
        try:
            state = jobs.wait(job, deadline, clock=self._clock, report=report, first=first)
        except JobGone as error:
            lost = recorded.lost(keeps_url=not wanted.repeats_failed)
            return Outcome(lost, error) if unsettled(lost, wanted) else None
        except JobError as error:
            if is_wanted or (isinstance(error, JobFailed) and not wanted.repeats_failed):
                return Outcome(recorded.seen(error.state, self._clock.now()), error)
            # Recording the old job again would claim that it was started for what is wanted now.
            return Outcome(None, error) if isinstance(error, JobRunsOn) else None
        return Outcome(recorded.seen(state, self._clock.now())) if is_wanted else None

    def _run(self, wanted: Wanted, deadline: Deadline, report: Report) -> Outcome:
        action = wanted.action
        self._client.ensure_reachable(action.name, deadline)
        attempt = Attempt(action, wanted.triggers, self._client.base_url, started_at=self._clock.now())
        try:
            started = jobs.start(
                action.name,
                lambda: self._client.start(action, deadline, report),
                deadline,
                clock=self._clock,
                report=report,
            )
            if isinstance(started, Done):
                return Outcome(attempt.answered(started.document, wanted.results, self._clock.now()))
        except MayHaveStarted as error:
            return Outcome(attempt.lost(), error)
        except NaoError:
            raise
        except Exception as defect:  # noqa: BLE001 - the request may have been sent
            return Outcome(attempt.lost(), Defect(action.name, defect, is_secret=action.is_secret))
        return self._await(
            replace(attempt, job_id=started.id, job_url=started.url), wanted, started, deadline, report
        )

    def _await(self, attempt: Attempt, wanted: Wanted, job: Job, deadline: Deadline, report: Report) -> Outcome:
        try:
            report(f"job {job.id} accepted, {job.url}")
            state = jobs.wait(job, deadline, clock=self._clock, report=report)
        except JobGone as error:
            return Outcome(attempt.lost(keeps_url=not wanted.repeats_failed), error)
        except JobError as error:
            return Outcome(attempt.seen(error.state, self._clock.now()), error)
        except Exception as defect:  # noqa: BLE001 - the job runs, whatever is wrong here
            return Outcome(attempt, Defect(job.operation, defect, is_secret=wanted.action.is_secret))
        return Outcome(attempt.seen(state, self._clock.now()))

    def _job(self, recorded: Attempt, *, is_secret: bool = False) -> Job:
        # A body that was a secret once may be in the server's words for good.
        is_secret = is_secret or recorded.action.is_secret
        return self._client.job(recorded.job_id or "", recorded.action.name, is_secret=is_secret)


def _others(recorded: Attempt, wanted: Wanted) -> str:
    same_triggers = replace(recorded, action=wanted.action).made_for(wanted)
    return "another body" if same_triggers else "other triggers"
