"""A limited number of places, and who is next when all are taken."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_GIVE_UP_CHECK = 0.25


class Semaphore:
    """Who comes when all are taken waits in line, first come, first served.

    The wait is the caller's own: a line takes no thread.

    Args:
        most: How many there are.
    """

    def __init__(self, most: int) -> None:
        self._guard = threading.Lock()
        self._free = most
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def acquired(self, give_up: Callable[[], bool], in_line: Callable[[], object] | None = None) -> Iterator[bool]:
        """Have one of the places for a while.

        Args:
            give_up: Whether to wait no longer; asked a few times a second, and only while there is a wait.
            in_line: Told when there is a wait.

        Yields:
            Whether there is one.
        """
        if not self._take(give_up, in_line):
            yield False
            return
        try:
            yield True
        finally:
            self._give_back()

    def _take(self, give_up: Callable[[], bool], in_line: Callable[[], object] | None) -> bool:
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            called = threading.Event()
            self._line.append(called)
        taken = False
        try:
            if in_line:
                in_line()
            while not taken and not give_up():
                taken = called.wait(_GIVE_UP_CHECK)
        finally:  # also when Ctrl-C ends the wait of a main thread
            if not taken:
                self._leave(called)
        return taken

    def _leave(self, called: threading.Event) -> None:
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
