"""What diff, create, update and read decide, in plain values, so that other surfaces than Pulumi can stand on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from pulumi_nao import jobs
from pulumi_nao.errors import (
    Defect,
    JobError,
    JobGone,
    JobRunsOn,
    MayHaveStarted,
    NaoError,
    PollFailed,
)
from pulumi_nao.models import SUCCESS, Job, JobState, publication_of
from pulumi_nao.values import same
from pulumi_nao.waiting.clock import DEFAULT_LIMIT, Clock, Deadline, Limit, SystemClock
from pulumi_nao.waiting.locks import Locks

if TYPE_CHECKING:
    from datetime import datetime

UNKNOWN = "unknown"


class Client(Protocol):
    """What the lifecycle needs of `NaoClient`."""

    base_url: str

    def ensure_reachable(self, operation: str, deadline: Deadline) -> None:
        """Refuse what is not worth a try; see `NaoClient.ensure_reachable`."""

    def publish(self, site_id: int, deadline: Deadline | None = None) -> Job:
        """Start a publication; see `NaoClient.publish`."""

    def job(self, job_id: str, operation: str = ...) -> Job:
        """Take up a known job; see `NaoClient.job`."""


@dataclass(frozen=True)
class Attempt:
    """The last attempt to publish, as it is recorded.

    Attributes:
        site_id: The site.
        triggers: What the attempt was made for.
        base_url: The server.
        job_id: The background job; `None` when none is known.
        job_url: Where it is looked at.
        has_finished: Whether the job was over when it was last seen.
        status: The server's word, or `unknown` when nobody knows.
        message: The server's reason of a failure.
        started_at: By the server's clock if it tells, else by ours.
        finished_at: Likewise; `None` while the job runs.
        duration: Seconds between the two.
    """

    site_id: int
    triggers: object
    base_url: str
    job_id: str | None = None
    job_url: str | None = None
    has_finished: bool = False
    status: str = UNKNOWN
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: float | None = None

    @property
    def done(self) -> bool:
        """Whether the attempt is known to have ended in success."""
        return self.has_finished and self.status == SUCCESS

    @property
    def may_be_running(self) -> bool:
        """Whether there is a job to go on waiting for."""
        return self.job_id is not None and not self.has_finished

    def seen(self, state: JobState | None, now: datetime) -> Attempt:
        """The attempt after a look at its job.

        Args:
            state: What the look showed; `None` leaves the attempt as it is.
            now: Our clock, for a server that tells no times.
        """
        if state is None:
            return self
        started = state.created_at or self.started_at or now
        finished = (state.updated_at or now) if state.has_finished else None
        return replace(
            self,
            has_finished=state.has_finished,
            status=state.status,
            message=state.message,
            started_at=started,
            finished_at=finished,
            duration=max(0.0, (finished - started).total_seconds()) if finished else None,
        )

    def lost(self) -> Attempt:
        """The attempt when nobody can find out how it ended: there is no job to ask for."""
        return Attempt(self.site_id, self.triggers, self.base_url, started_at=self.started_at)


class Change(Enum):
    """What a difference between program and record leads to."""

    NONE = "none"
    PUBLISH = "publish"
    REPLACE = "replace"


def difference(recorded: Attempt, site_id: int, triggers: object, base_url: str) -> Change:
    """Compare what the program wants with what is recorded.

    Args:
        recorded: The last attempt.
        site_id: The wanted site.
        triggers: The wanted triggers.
        base_url: The wanted server.
    """
    if recorded.site_id != site_id or recorded.base_url != base_url:
        return Change.REPLACE
    if not recorded.done or not same(recorded.triggers, triggers):
        return Change.PUBLISH
    return Change.NONE


@dataclass(frozen=True)
class Outcome:
    """How a call ended.

    Attributes:
        attempt: What is to be recorded; `None` leaves the record as it was.
        error: What went wrong; `None` when the publication is done.
    """

    attempt: Attempt | None
    error: NaoError | None = None


class Publisher:
    """Publishes sites of one account.

    Args:
        client: The account's server.
        clock: Counts and sleeps.
        turns: Shared by all accounts of a process, so that one site is published by one at a time.
    """

    def __init__(self, client: Client, clock: Clock | None = None, turns: Locks | None = None) -> None:
        self._client = client
        self._clock = clock or SystemClock()
        self._locks = turns or Locks(self._clock)

    def publish(
        self, site_id: int, triggers: object, limit: Limit = DEFAULT_LIMIT, report: jobs.Report = jobs.silent
    ) -> Outcome:
        """Publish a site and await the job.

        Args:
            site_id: The site.
            triggers: Recorded with the attempt.
            limit: How long it may take, counted from the first request.
            report: Told of progress.
        """
        operation = publication_of(site_id)
        try:
            with self._locks.held((self._client.base_url, site_id), operation, report):
                return self._publish(site_id, triggers, self._deadline(limit), report)
        except NaoError as error:
            return Outcome(None, error)

    def update(
        self, recorded: Attempt, triggers: object, limit: Limit = DEFAULT_LIMIT, report: jobs.Report = jobs.silent
    ) -> Outcome:
        """Bring a recorded attempt to a good end: go on waiting for its job, or publish again.

        A job that may still be running is awaited first, so that two publications of a site never run side by side.
        If it was started for the same triggers, its success is all that is wanted.

        Args:
            recorded: The last attempt.
            triggers: What the program wants now.
            limit: How long it may take, counted from the first request.
            report: Told of progress.
        """
        if difference(recorded, recorded.site_id, triggers, self._client.base_url) is Change.NONE:
            return Outcome(recorded)  # Pulumi also updates what has nothing but a stored failure of an earlier try
        operation = publication_of(recorded.site_id)
        try:
            with self._locks.held((self._client.base_url, recorded.site_id), operation, report):
                deadline = self._deadline(limit)
                resumed = self._resume(recorded, triggers, deadline, report) if recorded.may_be_running else None
                return resumed or self._publish(recorded.site_id, triggers, deadline, report)
        except NaoError as error:
            return Outcome(None, error)

    def refresh(self, recorded: Attempt) -> tuple[Attempt, NaoError | None]:
        """Look once at the job of an attempt that is not known to be done.

        Args:
            recorded: The last attempt.

        Returns:
            The attempt as it is now, and what went wrong with the look.
        """
        if not recorded.may_be_running:
            return recorded, None
        try:
            return recorded.seen(self._job(recorded).poll(), self._clock.now()), None
        except PollFailed as trouble:
            return recorded, trouble

    def _resume(self, recorded: Attempt, triggers: object, deadline: Deadline, report: jobs.Report) -> Outcome | None:
        """Await the recorded job; `None` when there is need to publish after it."""
        wanted = same(recorded.triggers, triggers)
        job = self._job(recorded)
        report(
            f"going on with job {job.id}, {job.url}"
            if wanted
            else f"waiting for job {job.id}, started for other triggers, {job.url}"
        )
        error: JobError | None = None
        first: JobState | PollFailed
        try:
            first = job.poll(deadline)
        except PollFailed as trouble:
            first = trouble
        if isinstance(first, JobState) and first.has_finished:
            # A failure from before this call is not this call's to report: the cause may be mended by now.
            return Outcome(recorded.seen(first, self._clock.now())) if wanted and first.succeeded else None
        try:
            state: JobState | None = jobs.wait(_begun(job, first), deadline, clock=self._clock, report=report)
        except JobGone:
            return None
        except JobError as caught:
            state, error = caught.state, caught
        if wanted:
            return Outcome(recorded.seen(state, self._clock.now()), error)
        # Recording the old job again would claim that it was started for the new triggers.
        return Outcome(None, error) if isinstance(error, JobRunsOn) else None

    def _publish(self, site_id: int, triggers: object, deadline: Deadline, report: jobs.Report) -> Outcome:
        operation = publication_of(site_id)
        self._client.ensure_reachable(operation, deadline)
        attempt = Attempt(site_id, triggers, self._client.base_url, started_at=self._clock.now())
        try:
            job = jobs.start(
                operation, lambda: self._client.publish(site_id, deadline), deadline, clock=self._clock, report=report
            )
        except MayHaveStarted as error:
            return Outcome(attempt.lost(), error)
        except NaoError:
            raise
        except Exception as defect:  # noqa: BLE001 - nobody knows whether the request was sent
            return Outcome(attempt.lost(), Defect(operation, defect))
        attempt = replace(attempt, job_id=job.id, job_url=job.url)
        try:
            report(f"job {job.id} accepted, {job.url}")
            state = jobs.wait(job, deadline, clock=self._clock, report=report)
        except JobGone as error:
            return Outcome(attempt.lost(), error)
        except JobError as error:
            return Outcome(attempt.seen(error.state, self._clock.now()), error)
        except Exception as defect:  # noqa: BLE001 - the job runs, whatever is wrong here
            return Outcome(attempt, Defect(operation, defect))
        return Outcome(attempt.seen(state, self._clock.now()))

    def _job(self, recorded: Attempt) -> Job:
        return self._client.job(recorded.job_id or "", publication_of(recorded.site_id))

    def _deadline(self, limit: Limit) -> Deadline:
        return Deadline(limit.seconds, limit.source, self._clock)


def _begun(job: Job, first: JobState | PollFailed) -> Job:
    """The job, its first look already made: what that one showed, or asked for, counts for the wait."""
    made = [first]

    def poll(deadline: Deadline | None = None) -> JobState:
        if not made:
            return job.poll(deadline)
        shown = made.pop()
        if isinstance(shown, PollFailed):
            raise shown
        return shown

    return replace(job, poll=poll)
