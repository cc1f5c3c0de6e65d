"""How fast requests go out to one server, all publications of a process together.

There is no limit until the server refuses a request (429, or 503 with `Retry-After`) or the configuration sets one.
After a refusal all hold back together, then go on more slowly; every request that follows is a little faster than
the one before. First come, first served.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from typing import TYPE_CHECKING

from pulumi_nao.waiting.clock import seconds_left

if TYPE_CHECKING:
    from pulumi_nao.waiting.clock import Clock, Deadline, Event

# Requests a second: after the first refusal, and however often the server refuses.
FIRST_RATE = 10.0
SLOWEST_RATE = 1.0
# From this rate on nothing is known of a limit any more.
UNLIMITED_RATE = 1000.0

SLOW_DOWN = 0.7
SPEED_UP = 0.003

# Seconds: how long all hold back when the server does not say, and at the most.
HOLD = 1.0
LONGEST_HOLD = 60.0

# Somebody in line looks at least so often whether there is still hope (seconds).
_LOOK_UP = 15.0
_INSTANT = 1e-6


class RateLimiter:
    def __init__(self, clock: Clock, requests_per_second: float | None = None) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._line: deque[Event] = deque()
        self._sent = 0
        self._shortest_gap = 1 / requests_per_second if requests_per_second else 0.0
        self._gap = self._shortest_gap
        self._next_at = -math.inf
        self._slowed_at = 0
        self._refusing_since: float | None = None

    def acquire(self, deadline: Deadline | None = None, patience: float = math.inf) -> int | None:
        """Wait until a request may be sent, and give it a number, by which `refused` knows it.

        `None` when it must not be sent: the clock was cancelled, the deadline came first, or the server has let
        nothing through for so many seconds of patience.
        """
        called = self._clock.event()
        came_at = self._clock.monotonic()
        with self._guard:
            self._line.append(called)
        try:
            while True:
                with self._guard:
                    now = self._clock.monotonic()
                    is_next = self._line[0] is called or not self._gap  # without a limit, nobody waits for anybody
                    due = max(self._next_at, came_at)  # what nobody used is not saved up
                    if is_next and due - now <= _INSTANT:
                        self._next_at = due + self._gap
                        self._gap = max(self._shortest_gap, self._gap * (1 - SPEED_UP))
                        self._sent += 1
                        return self._sent
                    if self._refusing_since is not None and now - self._refusing_since >= patience:
                        return None
                left = seconds_left(deadline)
                if left <= 0 or self._clock.cancelled:
                    return None
                if is_next:
                    self._clock.sleep(min(due - now, left, _LOOK_UP))
                else:
                    called.wait(min(left, _LOOK_UP))
        finally:
            with self._guard:
                self._line.remove(called)
                if self._line:
                    self._line[0].set()

    def accepted(self) -> None:
        with self._guard:
            self._refusing_since = None

    def refused(self, number: int, retry_after: float | None) -> None:
        """Hold everybody back: the server refused a request as one too many.

        Requests that were on their way together are refused together; only the first of them slows the line down.
        """
        hold = min(retry_after, LONGEST_HOLD) if retry_after and retry_after > 0 else HOLD
        with self._guard:
            now = self._clock.monotonic()
            if self._refusing_since is None:
                self._refusing_since = now
            self._next_at = max(now + hold, self._next_at)
            if number > self._slowed_at:
                self._slowed_at = self._sent
                if self._gap * UNLIMITED_RATE < 1:
                    self._gap = 1 / FIRST_RATE
                else:
                    self._gap = min(self._gap / SLOW_DOWN, max(1 / SLOWEST_RATE, self._shortest_gap))
