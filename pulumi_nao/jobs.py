"""Starting and awaiting background jobs of any kind: pure timing, without HTTP and without Pulumi.

`start` repeats a request only while it surely did nothing; `wait` looks at a job until it has finished.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pulumi_nao.errors import (
    ContactLost,
    HeldBack,
    JobFailed,
    JobGone,
    NaoError,
    NotSent,
    PollFailed,
    PollNotFound,
    PollSenseless,
    TooManyRequests,
    WaitCancelled,
    WaitTimedOut,
)
from pulumi_nao.text import format_duration
from pulumi_nao.waiting.clock import DEFAULT_LIMIT, Clock, Deadline, SystemClock, checked_seconds
from pulumi_nao.waiting.patience import BUSY_PATIENCE, CONNECT_PATIENCE

if TYPE_CHECKING:
    from pulumi_nao.models import Job, JobState

# Looks are at most this far apart: at first, as a share of the time already waited, and in the end (seconds).
FIRST_INTERVAL = 0.7
INTERVAL_SHARE = 0.06
LONGEST_INTERVAL = 20.0
JITTER = 0.1

LONGEST_RETRY_AFTER = 60.0
FIRST_BACK_OFF = 1.0
LONGEST_BACK_OFF = 15.0

# A job may be a moment late in the server's records, so one 404 proves nothing.
GONE_AFTER = 10.0
GONE_POLLS = 3
SENSELESS_POLLS = 3

Report = Callable[[str], None]
Started = TypeVar("Started")


def silent(_message: str) -> None:
    """Report to nobody."""


def interval_after(waited: float) -> float:
    """How long to pause before the next look, so many seconds after the first one.

    The pause grows with the time already waited, so that a job's end is noticed a small fraction of its own length
    late, whether it takes seconds or an hour.
    """
    return min(LONGEST_INTERVAL, FIRST_INTERVAL + INTERVAL_SHARE * waited)


def start(
    operation: str,
    send: Callable[[], Started],
    deadline: Deadline,
    *,
    clock: Clock | None = None,
    report: Report = silent,
) -> Started:
    """Send a request that starts a job; repeat it only while it surely did nothing.

    No connection, `429` and `503` with `Retry-After` are tried again for about five minutes each; each is reported
    once, in words that do not repeat the operation. `NotSent` says that no connection could be made, or that nothing
    was sent before a cancel or the deadline; whatever else `send` raises passes.
    """
    clock = clock or SystemClock()
    refused_since: float | None = None
    refusal: TooManyRequests | None = None
    pause = FIRST_BACK_OFF
    told: set[type[NaoError]] = set()
    unreachable_since: float | None = None
    trouble: NotSent | TooManyRequests | None = None
    while True:
        if clock.cancelled:
            raise NotSent("cancelled before it began", operation=operation)
        if not deadline.remaining:
            raise trouble or NotSent(
                f"no time was left for it after {format_duration(deadline.seconds)}, "
                f"the limit set by {deadline.source}",
                operation=operation,
            )
        try:
            return send()
        except HeldBack as error:
            # Its turn did not come again; what kept it back was a refusal of its own.
            raise refusal or error from None
        except NotSent as error:
            if not error.may_pass:
                raise
            unreachable_since = clock.monotonic() if unreachable_since is None else unreachable_since
            trouble, asked, end = error, None, unreachable_since + CONNECT_PATIENCE
        except TooManyRequests as error:
            unreachable_since = None
            # Time in line among others is no time in which the server refused this one.
            refused_since = clock.monotonic() if refused_since is None else refused_since + error.in_line
            refusal = error
            trouble, asked, end = error, error.retry_after, refused_since + BUSY_PATIENCE
        left = min(end - clock.monotonic(), deadline.remaining)
        if left <= 0 or clock.cancelled:
            raise trouble
        if type(trouble) not in told:  # its words may change from try to try
            told.add(type(trouble))
            report(f"{trouble.news}; trying again for up to {format_duration(left)}")
        clock.sleep(min(left, _pause(asked, pause)))
        pause = min(LONGEST_BACK_OFF, pause * 2)


def wait(
    job: Job,
    timeout: float | Deadline = DEFAULT_LIMIT.seconds,
    *,
    clock: Clock | None = None,
    report: Report = silent,
    first: JobState | PollFailed | None = None,
) -> JobState:
    """Look at a job until it has finished.

    The first look comes at once, the last one at the deadline. A look that fails in passing is no news and is made
    again. Progress is reported when the status changes, when looks begin to fail, and after one minute, two, four…

    Args:
        job: The job.
        timeout: Seconds to wait at most, or a deadline that is already running.
        clock: Counts and sleeps.
        report: Told of progress, a line at a time, in words that do not repeat the operation.
        first: What a poll that was just made has shown, or run into.

    Returns:
        The state of the job, which has finished with `success`.

    Raises:
        JobFailed: The job has finished, and not with `success`.
        WaitTimedOut: The deadline came first.
        WaitCancelled: The clock says that waiting has to end.
        ContactLost: The server refuses the key, its certificate is not trusted, or three answers in a row made no
            sense.
        JobGone: The server does not know the job, three times in a row and for ten seconds.
        ConfigurationError: The time-out is no number of seconds.
    """
    clock = clock or SystemClock()
    if not isinstance(timeout, Deadline):
        timeout = Deadline(checked_seconds("timeout", timeout, DEFAULT_LIMIT.seconds), "timeout", clock)
    return _Wait(job, timeout, clock, report).run(first)


class _Wait:
    def __init__(self, job: Job, deadline: Deadline, clock: Clock, report: Report) -> None:
        self._job = job
        self._deadline = deadline
        self._clock = clock
        self._report = report
        self._began = clock.monotonic()
        self._state: JobState | None = None
        self._trouble: PollFailed | None = None
        self._trouble_told = False
        self._troubles: list[float] = []  # when looks ran into the same kind of trouble, one after another
        self._next_progress = 60.0

    def run(self, first: JobState | PollFailed | None) -> JobState:
        shown = first or self._poll()
        while True:
            if isinstance(shown, PollFailed):
                self._failed(shown)
            else:
                self._shown(shown)
            if self._state and self._state.has_finished:
                if self._state.succeeded:
                    return self._state
                raise JobFailed(self._job, self._state, self._waited)
            if self._clock.cancelled:
                raise WaitCancelled(self._job, self._state, self._waited)
            left = self._deadline.remaining
            if left <= 0:
                trouble = self._trouble.reason if self._trouble else ""
                raise WaitTimedOut(self._job, self._state, self._deadline.seconds, self._deadline.source, trouble)
            if self._trouble and not self._trouble_told:
                self._trouble_told = True
                self._report(f"{self._trouble.reason}; still waiting")
            self._report_progress()
            self._clock.sleep(min(left, _pause(shown.retry_after, interval_after(self._waited))))
            if self._clock.cancelled:
                raise WaitCancelled(self._job, self._state, self._waited)
            shown = self._poll()

    @property
    def _waited(self) -> float:
        return self._clock.monotonic() - self._began

    def _poll(self) -> JobState | PollFailed:
        try:
            return self._job.poll(self._deadline)
        except PollFailed as trouble:
            return trouble

    def _shown(self, state: JobState) -> None:
        self._trouble = None
        if self._trouble_told:
            self._trouble_told = False
            self._report("in contact with NAO Cloud again")
        if self._state and not state.has_finished and state.status != self._state.status:
            self._report(f"status {state.status!r}")
        self._state = state

    def _failed(self, trouble: PollFailed) -> None:
        if type(trouble) is not type(self._trouble):
            self._troubles.clear()
        self._troubles.append(self._waited)
        self._trouble = trouble
        if not trouble.may_pass or (isinstance(trouble, PollSenseless) and len(self._troubles) >= SENSELESS_POLLS):
            raise ContactLost(self._job, self._state, trouble)
        if (
            isinstance(trouble, PollNotFound)
            and len(self._troubles) >= GONE_POLLS
            and self._troubles[-1] - self._troubles[0] >= GONE_AFTER
        ):
            raise JobGone(self._job, self._state, trouble)

    def _report_progress(self) -> None:
        if self._waited >= self._next_progress:
            seen = f"status {self._state.status!r}" if self._state else "job not seen yet"
            self._report(f"{seen} after {format_duration(self._waited)}")
            while self._next_progress <= self._waited:
                self._next_progress *= 2


def _pause(asked: float | None, ours: float) -> float:
    """What the server asked for, within reason, else our own pause; one of no length would be a busy loop."""
    if asked is not None and asked > 0:
        return min(asked, LONGEST_RETRY_AFTER)
    # Spreads the looks of many publications that began together; nothing secret depends on it.
    return ours * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311
