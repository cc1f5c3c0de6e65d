"""Ctrl-C, SIGTERM and a closed terminal: the first ends all waits in good order, the second the process at once."""

from __future__ import annotations

import _thread
import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def stopping(before_the_end: Callable[[], None]) -> Iterator[Event]:
    """Set an event at the first signal. Must be entered in the main thread."""
    asked = Event()
    is_second = False

    def received(number: int, _frame: FrameType | None) -> None:
        nonlocal is_second
        if not is_second:
            is_second = True
            _set(asked)
            return
        before_the_end()
        # Ending by the signal itself tells a calling shell script to end too.
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    signals = [signal.SIGINT, signal.SIGTERM]
    # Windows knows no SIGHUP, and under `nohup` it asks for nothing.
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    before = {number: signal.signal(number, received) for number in signals}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _set(asked: Event) -> None:
    try:
        # Not in this thread: it may have been interrupted within the event, whose lock does not let it in twice, or
        # while it started a thread, for which `threading` has such a lock too.
        _thread.start_new_thread(asked.set, ())
    except RuntimeError:  # no thread to be had
        asked.set()
