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

_LAST_MOMENT = 1.0


@contextmanager
def stopping(before_the_end: Callable[[], None]) -> Iterator[Event]:
    """Set an event at the first signal. Must be entered in the main thread."""
    asked = Event()
    was_asked = False

    def received(number: int, _frame: FrameType | None) -> None:
        nonlocal was_asked
        if not was_asked:
            was_asked = True
            _apart(asked.set)
            return
        _apart(before_the_end, _LAST_MOMENT)
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


def _apart(act: Callable[[], None], seconds: float = 0.0) -> None:
    """Act in another thread, and wait for it so many seconds at the most.

    This one may have been interrupted within an event, or while it started a thread, whose locks let nobody in twice;
    and a terminal that was halted with Ctrl-S takes no text.
    """
    over = _thread.allocate_lock()
    over.acquire()

    def run() -> None:
        act()
        over.release()

    try:
        _thread.start_new_thread(run, ())
    except RuntimeError:  # no thread to be had
        act()
    else:
        over.acquire(timeout=seconds)
