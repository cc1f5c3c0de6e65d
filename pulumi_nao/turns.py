"""Who may publish now: one publication of a site at a time, and no more at once than the configuration allows."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pulumi_nao.errors import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from pulumi_nao.clock import Clock

# Somebody who waits for a turn looks this often whether all waits were cancelled (seconds).
_LOOK_UP = 0.5


class Turns:
    """Hands out turns to threads of one process.

    Args:
        clock: Says whether waits were cancelled.
        at_once: How many turns may be held at a time; `None` for any number.
    """

    def __init__(self, clock: Clock, at_once: int | None = None) -> None:
        self._clock = clock
        self._places = threading.Semaphore(at_once) if at_once else None
        self._sites: dict[Hashable, threading.Lock] = {}
        self._guard = threading.Lock()

    @contextmanager
    def take(self, site: Hashable, operation: str, report: Callable[[str], None]) -> Iterator[None]:
        """Wait for a turn and hold it.

        Args:
            site: What only one may work on at a time.
            operation: What is to be done, for errors and reports.
            report: Told when there is a wait for another publication of the same site.

        Raises:
            NotSent: All waits were cancelled before the turn came.
        """
        with self._guard:
            lock = self._sites.setdefault(site, threading.Lock())
        if not lock.acquire(blocking=False):
            report(f"{operation}: waiting for another publication of this site to end")
            self._acquire(lock, operation)
        try:
            if self._places:
                self._acquire(self._places, operation)
            try:
                yield
            finally:
                if self._places:
                    self._places.release()
        finally:
            lock.release()

    def _acquire(self, lock: threading.Lock | threading.Semaphore, operation: str) -> None:
        while not lock.acquire(timeout=_LOOK_UP):
            if self._clock.cancelled:
                raise NotSent(f"{operation} not sent: cancelled while it waited for its turn")
