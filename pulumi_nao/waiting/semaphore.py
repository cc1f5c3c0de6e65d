"""A limited number of places, and who is next when all are taken."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pulumi_nao.waiting.clock import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pulumi_nao.waiting.clock import Clock, Deadline, Event


class Semaphore:
    """First come, first served; the wait is the caller's own: a line takes no thread."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._most = most
        self._line: list[Event] = []  # the first of them, as many as there are places, have one

    @contextmanager
    def acquired(
        self, deadline: Deadline | None = None, in_line: Callable[[], object] | None = None
    ) -> Iterator[bool]:
        """Have a place for a while, or `False` where deadline or cancel came first; `in_line` is told of a wait."""
        called = self._clock.event()
        with self._guard:
            self._line.append(called)
            has_place = len(self._line) <= self._most
        try:
            if not has_place:
                if in_line:
                    in_line()
                has_place = called.wait(seconds_left(deadline))
            yield has_place
        finally:  # also when Ctrl-C ends the wait of a main thread
            with self._guard:
                self._line.remove(called)
                if len(self._line) >= self._most:
                    self._line[self._most - 1].set()
