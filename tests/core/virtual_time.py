"""A clock for many threads at once: one of them runs at a time, and time moves when all of them sleep.

What runs on it is the real code, threads and locks included; an hour of ten thousand threads takes seconds, and takes
the same course every time.
"""

from __future__ import annotations

import heapq
import math
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from tests.core.fake_clock import START

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(order=True)
class Sleeper:
    """Who goes on at some moment, or as soon as somebody wakes it."""

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
        self.rest(seconds, [])

    def spend(self, seconds: float) -> None:
        """Let time pass that no cancel cuts short, as on the wire."""
        self._rest_until(self.time + seconds, [])

    def event(self) -> VirtualEvent:
        return VirtualEvent(self)

    def rest(self, seconds: float, sleepers: list[Sleeper]) -> None:
        """Sleep among others, who can be woken, but not beyond a cancel."""
        if not self.cancelled:
            self._rest_until(min(self.time + seconds, self._cancel_at), sleepers)

    def wake(self, sleepers: list[Sleeper]) -> None:
        for sleeper in sleepers:
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

    def _rest_until(self, moment: float, sleepers: list[Sleeper]) -> None:
        baton = self._mine.baton
        sleeper = self._at(moment, baton.release)
        sleepers.append(sleeper)
        self._go_on()
        baton.acquire()
        sleepers.remove(sleeper)

    def _go_on(self) -> None:
        while self._due:
            sleeper = heapq.heappop(self._due)
            if sleeper.go_on:
                if sleeper.moment == math.inf:
                    self._errors.append(AssertionError("all wait for each other"))
                    break
                self.time = max(self.time, sleeper.moment)
                sleeper.go_on()
                return
        self._all_ended.set()


class VirtualEvent:
    """What a task of the clock waits for, and another one sets."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._is_set = False
        self._sleepers: list[Sleeper] = []

    def set(self) -> None:
        self._is_set = True
        self._clock.wake(self._sleepers)

    def wait(self, seconds: float) -> bool:
        if not self._is_set:
            self._clock.rest(seconds, self._sleepers)
        return self._is_set
