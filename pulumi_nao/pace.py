"""No more requests a second than the configuration allows, counted over the whole process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_nao.clock import Clock


class Pace:
    """Spaces requests evenly, first come, first served.

    Args:
        clock: Counts and sleeps.
        requests_per_second: The limit; `None` for none.
    """

    def __init__(self, clock: Clock, requests_per_second: float | None = None) -> None:
        self._clock = clock
        self._gap = 1 / requests_per_second if requests_per_second else 0.0
        self._next = 0.0
        self._guard = threading.Lock()

    def keep(self) -> None:
        """Sleep until the next request may be sent."""
        if not self._gap:
            return
        with self._guard:
            now = self._clock.monotonic()
            at = max(now, self._next)
            self._next = at + self._gap
        if at > now:
            self._clock.sleep(at - now)
