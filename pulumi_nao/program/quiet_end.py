"""How a program ends that Pulumi interrupts: at once, and without a traceback of Pulumi's own runner.

After a failed update Pulumi interrupts the program, which only waits for its resources by then. Python would print
where it waited, in the runner and in the standard library, in front of the error that matters.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from pathlib import PurePath
from traceback import walk_tb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]

_RUNNER = "pulumi-language-python-exec"
_WAITED_IN = {*sys.stdlib_module_names, "pulumi", "grpc"}


def quieten() -> None:
    """See above; nothing changes outside Pulumi's runner, as in tests with mocks and in the Automation API."""
    if isinstance(sys.excepthook, _Quiet) or not any(PurePath(word).name == _RUNNER for word in sys.orig_argv):
        return
    sys.excepthook = _Quiet(sys.excepthook)


class _Quiet:
    """An `excepthook` that passes on everything but an interrupt of the waiting runner, at which it ends."""

    def __init__(self, shown: Hook) -> None:
        self._shown = shown

    def __call__(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not _was_waiting(error):
            self._shown(kind, error, traceback)
            return
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # nobody may be left to read it
                stream.flush()
        # Python would first wait for the threads of all registrations, and Pulumi answers none of them any more.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)


def _was_waiting(error: BaseException | None) -> bool:
    """Whether nothing but interrupts ended it, and none of them met code of the program or of its libraries."""
    while error is not None:
        modules = [frame.f_globals.get("__name__", "") for frame, _ in walk_tb(error.__traceback__)]
        inner = {module.partition(".")[0] for module in modules[1:]}  # the first is the runner itself
        if not isinstance(error, KeyboardInterrupt) or inner - _WAITED_IN:
            return False
        error = error.__context__
    return True
