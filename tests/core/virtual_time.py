"""A clock for many threads at once: one of them runs at a time, and time moves when all of them sleep.

What runs on it is the real code, threads and locks included; an hour of ten thousand threads takes seconds, and takes
the same course every time.
"""

from __future__ import annotations

import heapq
import math
import threading
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class VirtualClock:
    """Runs tasks until all have ended; cancels itself at a given time, if it is told to."""

    def __init__(self, cancel_at: float = math.inf) -> None:
        self.time = 0.0
        self._cancel_at = cancel_at
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._mine = threading.local()
        self._all_ended = threading.Event()
        self._errors: list[BaseException] = []

    def monotonic(self) -> float:
        return self.time

    def now(self) -> datetime:
        return START + timedelta(seconds=self.time)

    @property
    def cancelled(self) -> bool:
        return self.time >= self._cancel_at

    def sleep(self, seconds: float) -> None:
        end = self.time + seconds
        if not self.cancelled:
            end = min(end, self._cancel_at)
        baton = self._mine.baton
        self._at(end, baton.release)
        self._go_on()
        baton.acquire()

    def run(self, *tasks: Callable[[], None]) -> None:
        """Run functions side by side, each in a thread, from this moment on."""
        for task in tasks:
            self._at(self.time, threading.Thread(target=self._thread, args=(task,), daemon=True).start)
        self._go_on()
        self._all_ended.wait()
        self._all_ended.clear()
        if self._errors:
            raise self._errors[0]

    def _thread(self, task: Callable[[], None]) -> None:
        self._mine.baton = threading.Lock()
        self._mine.baton.acquire()
        try:
            task()
        except BaseException as error:  # noqa: BLE001 - `run` raises it
            self._errors.append(error)
        self._go_on()

    def _at(self, moment: float, go_on: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._order), go_on))

    def _go_on(self) -> None:
        if not self._due:
            self._all_ended.set()
            return
        moment, _, go_on = heapq.heappop(self._due)
        self.time = max(self.time, moment)
        go_on()
