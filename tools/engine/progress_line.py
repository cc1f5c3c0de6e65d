"""Progress on screen: one line rewritten in a terminal, a line now and then in a log."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "engine: "

_TERMINAL_EVERY = 0.1
_LOG_EVERY = 20.0
_ERASE_REST = "\x1b[K"


class ProgressLine:
    """The state of something slow, shown where a person is looking.

    Args:
        stream: Where to write; a terminal is recognised.
        clock: Seconds from any start.
        prefix: What every line begins with.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic, prefix: str = PREFIX) -> None:
        self._stream = stream
        self._prefix = prefix
        self._clock = clock
        self._terminal = stream.isatty()
        self._every = _TERMINAL_EVERY if self._terminal else _LOG_EVERY
        self._start = self._last = clock()

    @property
    def elapsed(self) -> str:
        """The time since the start, as minutes and seconds."""
        minutes, seconds = divmod(int(self._clock() - self._start), 60)
        return f"{minutes}:{seconds:02}"

    def show(self, state: str) -> None:
        """Show the state, unless something was shown only just now.

        Args:
            state: What to show; the elapsed time is added.
        """
        now = self._clock()
        if now - self._last < self._every:
            return
        self._last = now
        text = f"{self._prefix}{state}, {self.elapsed}"
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{text[:width]}{_ERASE_REST}")
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take the rewritten line away; a log keeps its lines."""
        if self._terminal:
            self._stream.write(f"\r{_ERASE_REST}")
            self._stream.flush()
