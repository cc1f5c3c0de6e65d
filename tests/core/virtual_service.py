"""NAO Cloud in virtual time: the part of a client that meets limits of requests and connections, without HTTP."""

from __future__ import annotations

import math
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.cloud.rate_limiter import BUSY_PATIENCE
from pulumi_nao.cloud.transport import MOST_CONNECTIONS
from pulumi_nao.errors import HeldBack, NotSent, PollFailed, ServerUnreachable, TooManyRequests
from pulumi_nao.models import Action, Job, JobState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pulumi_nao.cloud.rate_limiter import RateLimiter
    from pulumi_nao.waiting.clock import Deadline
    from tests.core.virtual_time import Sleeper, VirtualClock

RUNNING = JobState(has_finished=False, status="In progress")
DONE = JobState(has_finished=True, status="success", message="success")


class RequestLimit(Protocol):
    """Counts a request: 0 lets it through, anything else is how many seconds too early it came."""

    def seconds_early(self, now: float) -> float: ...


class TokenBucket:
    """Lets so many requests a second through; a second's worth may come at once."""

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._left = self._most = max(1.0, per_second)
        self._counted = 0.0

    def seconds_early(self, now: float) -> float:
        self._left = min(self._most, self._left + (now - self._counted) * self._per_second)
        self._counted = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


class FixedWindow:
    """Lets so many requests through in each window of so many seconds."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._window = 0
        self._count = 0

    def seconds_early(self, now: float) -> float:
        window = int(now // self._seconds)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        return 0.0 if self._count <= self._most else (window + 1) * self._seconds - now


@dataclass
class Look:
    """A look that showed the end of a job, and how late that was."""

    site: int
    late: float


class VirtualSemaphore:
    """`Semaphore` in virtual time."""

    def __init__(self, clock: VirtualClock, most: int) -> None:
        self._clock = clock
        self._free = most
        self._line: deque[Sleeper] = deque()

    @contextmanager
    def acquired(self, longest: float) -> Iterator[bool]:
        if self._free:
            self._free -= 1
        elif self._clock.cancelled or not self._clock.wait_for_call(self._line, longest):
            yield False
            return
        try:
            yield True
        finally:
            if self._line:
                self._clock.call(self._line.popleft())
            else:
                self._free += 1


class VirtualService:
    """Answers as `NaoClient` does, its place in the line included."""

    base_url = "https://www.nao-cloud.com"

    def __init__(
        self,
        clock: VirtualClock,
        rate_limiter: RateLimiter,
        job_seconds: Callable[[int], float] = lambda _site: 21.0,
        *,
        limit: RequestLimit | None = None,
        latency: float = 0.05,
        asks: Callable[[float], float | None] = lambda seconds: float(int(seconds) + 1),
        no_connection: Callable[[float], str] = lambda _now: "",
        end: Callable[[int], JobState] = lambda _site: DONE,
    ) -> None:
        self.clock = clock
        self.circuit = Circuit(clock)
        self.no_connection = no_connection
        self.end = end
        self.rate_limiter = rate_limiter
        self.job_seconds = job_seconds
        self.limit = limit
        self.latency = latency
        self.asks = asks
        self._action_slots = VirtualSemaphore(clock, MOST_CONNECTIONS)
        self._poll_slots = VirtualSemaphore(clock, MOST_CONNECTIONS)
        self.requests: list[float] = []
        self.refused = 0
        self.posts: list[int] = []
        self.ends: list[Look] = []
        self.probes: list[float] = []

    def ensure_reachable(self, operation: str, deadline: Deadline) -> None:
        reason = self.circuit.refusal(deadline, self._probe)
        if reason:
            raise ServerUnreachable(operation, self.base_url, reason, may_pass=True)

    def _probe(self, seconds: float) -> None:
        now = self.clock.monotonic()
        self.probes.append(now)
        reason = self.no_connection(now)
        self.clock.sleep(min(seconds, self.latency))
        if reason:
            raise PollFailed(reason)
        self.circuit.answered()

    def start(self, action: Action, deadline: Deadline | None = None) -> Job:
        site_id = int(action.path.split("/")[1])
        began = self.clock.monotonic()
        with self._action_slots.acquired(_left(deadline)) as connection:
            number = self.rate_limiter.acquire(deadline, BUSY_PATIENCE) if connection else None
            if self.clock.cancelled:
                raise NotSent("cancelled")
            if number is None:
                raise HeldBack(f"publication of site {site_id}", "NAO Cloud limits requests")
            in_line = self.clock.monotonic() - began
            reason = self._connect()
            if reason:
                self.circuit.failed(reason)
                raise ServerUnreachable(f"publication of site {site_id}", self.base_url, reason, may_pass=True)
            early = self._exchange(number)
        if early:
            error = TooManyRequests(f"publication of site {site_id}", "429 Too Many Requests")
            error.retry_after, error.in_line = self.asks(early), in_line
            raise error
        self.posts.append(site_id)
        end = self.clock.monotonic() + self.job_seconds(site_id)
        return Job(
            f"publication of site {site_id}", str(site_id), "url", lambda until=None: self._look(site_id, end, until)
        )

    def job(self, job_id: str, operation: str = "background job", *, is_secret: bool = False) -> Job:
        raise NotImplementedError(job_id, operation, is_secret)

    def _look(self, site_id: int, end: float, deadline: Deadline | None) -> JobState:
        with self._poll_slots.acquired(_left(deadline)) as connection:
            number = self.rate_limiter.acquire(deadline) if connection else None
            if number is None:
                raise PollFailed("no turn")
            reason = self._connect()
            if reason:
                raise PollFailed(reason)
            early = self._exchange(number)
        if early:
            trouble = PollFailed("429")
            trouble.retry_after = self.asks(early)
            raise trouble
        now = self.clock.monotonic()
        if now < end:
            return RUNNING
        self.ends.append(Look(site_id, now - end))
        return self.end(site_id)

    def _connect(self) -> str:
        """Why there is no connection; empty when there is one."""
        reason = self.no_connection(self.clock.monotonic())
        if reason:
            self.clock.sleep(self.latency)
        return reason

    def _exchange(self, number: int) -> float:
        """Send a request; 0 when the server takes it, else the seconds that it came too early."""
        now = self.clock.monotonic()
        self.requests.append(now)
        early = self.limit.seconds_early(now) if self.limit else 0.0
        self.clock.sleep(self.latency)
        self.circuit.answered()
        if early:
            self.refused += 1
            self.rate_limiter.refused(number, self.asks(early))
        else:
            self.rate_limiter.accepted()
        return early


def _left(deadline: Deadline | None) -> float:
    return math.inf if deadline is None else deadline.remaining
