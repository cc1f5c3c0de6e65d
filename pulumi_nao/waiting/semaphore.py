"""A limited number of places, and who is next when all are taken."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pulumi_nao.waiting.clock import seconds_left

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pulumi_nao.waiting.clock import Clock, Deadline, Event


class Semaphore:
    """First come, first served; each waits in a thread of its own, the line takes none."""

    def __init__(self, clock: Clock, most: int) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._free = most
        self._line: deque[Event] = deque()

    @contextmanager
    def acquired(
        self, deadline: Deadline | None = None, in_line: Callable[[], object] | None = None
    ) -> Iterator[bool]:
        """Have a place for a while, or `False` where deadline or cancel came first; `in_line` is told of a wait."""
        if not self._take(deadline, in_line):
            yield False
            return
        try:
            yield True
        finally:
            self._give_back()

    def _take(self, deadline: Deadline | None, in_line: Callable[[], object] | None) -> bool:
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            called = self._clock.event()
            self._line.append(called)
        taken = False
        try:
            if in_line:
                in_line()
            taken = called.wait(seconds_left(deadline))
        finally:  # also when Ctrl-C ends the wait of a main thread
            if not taken:
                self._leave(called)
        return taken

    def _leave(self, called: Event) -> None:
        with self._guard:
            if called in self._line:
                self._line.remove(called)
                return
        self._give_back()

    def _give_back(self) -> None:
        with self._guard:
            if self._line:
                self._line.popleft().set()
            else:
                self._free += 1
