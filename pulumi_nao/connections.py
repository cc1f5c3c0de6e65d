"""How many exchanges with a server go on at a time, and who is next when there are too many."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Of each kind, looks and publications; each may have a thread as well.
MOST_CONNECTIONS = 32

_GIVE_UP_CHECK = 0.25


class Connections:
    """A limited number of connections. Who comes when all are taken waits in line, first come, first served.

    The wait is the caller's own, so that a server which does not answer holds up no more threads than connections.

    Args:
        most: How many there are.
    """

    def __init__(self, most: int) -> None:
        self._guard = threading.Lock()
        self._free = most
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def one(self, give_up: Callable[[], bool]) -> Iterator[bool]:
        """Have one of the connections for a while.

        Args:
            give_up: Whether to wait no longer; asked a few times a second.

        Yields:
            Whether there is one.
        """
        if not self._take(give_up):
            yield False
            return
        try:
            yield True
        finally:
            self._give_back()

    def _take(self, give_up: Callable[[], bool]) -> bool:
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            called = threading.Event()
            self._line.append(called)
        taken = False
        try:
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
