"""The limit of requests per second, behind 429."""

from __future__ import annotations

import math
from threading import Lock
from typing import TYPE_CHECKING

from pulumi_nao.simulator.world import utc_now

if TYPE_CHECKING:
    from pulumi_nao.simulator.world import UtcClock


class RequestLimit:
    """How many requests a second are let through, all clients together; a second's worth may come at once."""

    def __init__(self, per_second: float, clock: UtcClock = utc_now) -> None:
        if not 0 < per_second < math.inf:
            raise ValueError(f"requests_per_second must be a number above 0, not {per_second!r}")
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._left = self._most
        self._clock = clock
        self._counted = clock().timestamp()
        self._lock = Lock()

    def wait_needed(self) -> float:
        """Count a request: 0 lets it through, anything else is how many seconds too early it came."""
        with self._lock:
            now = self._clock().timestamp()
            self._left = min(self._most, self._left + max(0.0, now - self._counted) * self._per_second)
            self._counted = now
            if self._left >= 1:
                self._left -= 1
                return 0.0
            return (1 - self._left) / self._per_second
