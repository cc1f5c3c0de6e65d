"""Ctrl-C and SIGTERM: the first ends all waits in good order, the second ends the process at once."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopping(before_the_end: Callable[[], None]) -> Iterator[Event]:
    """Set an event at the first signal. Must be entered in the main thread."""
    asked = Event()

    def received(number: int, _frame: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            return
        before_the_end()
        # Ending by the signal itself tells a calling shell script to end too.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    before = {number: signal.signal(number, received) for number in _SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
