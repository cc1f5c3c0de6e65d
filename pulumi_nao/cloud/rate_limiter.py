"""How fast requests go out to one server, all publications of a process together.

There is no limit until the server refuses a request (429, or 503 with `Retry-After`) or the configuration sets one.
After a refusal all hold back together, then go on more slowly; every request that follows is a little faster than
the one before. First come, first served.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from pulumi_nao.waiting.clock import seconds_left

if TYPE_CHECKING:
    from pulumi_nao.waiting.clock import Clock, Deadline

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
        self._shortest_gap = 1 / requests_per_second if requests_per_second else 0.0
        self._drawn = 0  # numbers given out; the line is served in their order
        self._waiting = 0
        self._gone = 0  # the highest number that was sent
        # Number `_base + 1` may be sent at `_start`, the next one `_gap` later, and so on with ever shorter gaps.
        self._base = 0
        self._start = -math.inf
        self._gap = self._shortest_gap
        self._slowed_at = 0
        self._refusing_since: float | None = None

    def acquire(self, deadline: Deadline | None = None, patience: float = math.inf) -> int | None:
        """Wait until a request may be sent, and give it a number, by which `refused` knows it.

        `None` when it must not be sent: the clock was cancelled, the deadline came first, or the server has let
        nothing through for so many seconds of patience.
        """
        with self._guard:
            self._drawn += 1
            number = self._drawn
            now = self._clock.monotonic()
            if not self._waiting and self._due(number) < now:  # what nobody used is not saved up
                self._restart(now, number - 1)
            self._waiting += 1
        try:
            while True:
                with self._guard:
                    now = self._clock.monotonic()
                    pause = self._due(number) - now
                    if pause <= _INSTANT:
                        self._gone = max(self._gone, number)
                        return number
                    if self._refusing_since is not None and now - self._refusing_since >= patience:
                        return None
                left = seconds_left(deadline)
                if left <= 0 or self._clock.cancelled:
                    return None
                self._clock.sleep(min(pause, left, _LOOK_UP))
        finally:
            with self._guard:
                self._waiting -= 1

    def accepted(self) -> None:
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
            at = max(now + hold, self._due(self._gone + 1))
            if number > self._slowed_at:
                self._slowed_at = self._gone
                self._restart(at, self._gone, self._slower())
            else:
                self._restart(at, self._gone)

    def _slower(self) -> float:
        gap = self._gap_after(self._gone - self._base)
        if gap * UNLIMITED_RATE < 1:
            return 1 / FIRST_RATE
        return min(gap / SLOW_DOWN, max(1 / SLOWEST_RATE, self._shortest_gap))

    def _restart(self, at: float, base: int, gap: float | None = None) -> None:
        self._gap = self._gap_after(base - self._base) if gap is None else gap
        self._base = base
        self._start = at

    def _gap_after(self, requests: int) -> float:
        return max(self._shortest_gap, self._gap * (1 - SPEED_UP) ** max(0, requests))

    def _due(self, number: int) -> float:
        """When a request may be sent if none before it is refused: the sum of the gaps, a geometric series."""
        gaps = number - self._base - 1
        if gaps <= 0 or not self._gap:
            return self._start
        shrinking = gaps
        if self._shortest_gap:
            shrinking = min(gaps, math.ceil(math.log(self._shortest_gap / self._gap) / math.log(1 - SPEED_UP)))
        total = self._gap * (1 - (1 - SPEED_UP) ** shrinking) / SPEED_UP
        return self._start + total + (gaps - shrinking) * self._shortest_gap
