"""A clock for many threads at once: one of them runs at a time, and time moves when all of them sleep.

What runs on it is the real code, threads and locks included; an hour of ten thousand threads takes seconds, and takes
the same course every time.
"""

from __future__ import annotations

import heapq
import math
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


@dataclass(order=True)
class Sleeper:
    """Who goes on at some moment, or when somebody calls."""

    moment: float
    number: int
    go_on: Callable[[], None] | None = field(compare=False)


class VirtualClock:
    """Runs tasks until all have ended; cancels itself at a given time, if it is told to."""

    def __init__(self, cancel_at: float = math.inf) -> None:
        self.time = 0.0
        self._cancel_at = cancel_at
        self._due: list[Sleeper] = []
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
        self.wait_for_call(deque(), seconds)

    def wait_for_call(self, line: deque[Sleeper], seconds: float) -> bool:
        """Sleep until called out of the line, or for so long; whether it was called."""
        end = self.time + seconds
        if not self.cancelled:
            end = min(end, self._cancel_at)
        baton = self._mine.baton
        sleeper = self._at(end, baton.release)
        line.append(sleeper)
        self._go_on()
        baton.acquire()
        called = sleeper.go_on is None
        if not called:
            line.remove(sleeper)
        return called

    def call(self, sleeper: Sleeper) -> None:
        if sleeper.go_on:
            self._at(self.time, sleeper.go_on)
            sleeper.go_on = None

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

    def _at(self, moment: float, go_on: Callable[[], None]) -> Sleeper:
        sleeper = Sleeper(moment, next(self._order), go_on)
        heapq.heappush(self._due, sleeper)
        return sleeper

    def _go_on(self) -> None:
        while self._due:
            sleeper = heapq.heappop(self._due)
            if sleeper.go_on:
                self.time = max(self.time, sleeper.moment)
                sleeper.go_on()
                return
        self._all_ended.set()
