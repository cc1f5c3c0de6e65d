"""A child process that is listened to while it runs, and that does not outlive its parent's interest."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from queue import Empty, SimpleQueue
from typing import IO, TYPE_CHECKING

from found import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_GRACE = 10.0
_QUIET = 1.0


def follow(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    on_line: Callable[[str], None],
    stdout: IO[str] | None = None,
    limit: float = float("inf"),
) -> int:
    """Run a command to its end, with every line it writes to stderr handed on at once.

    The command gets a process group of its own: whatever ends this call early, an interrupt or an error,
    ends the command and the processes it started.

    Args:
        command: The program and its arguments.
        env: Its whole environment.
        cwd: Its working folder.
        on_line: Called with every line of stderr, and with an empty one for every second without.
        stdout: Where its stdout goes; nowhere when left out.
        limit: After so many seconds it is ended.

    Returns:
        Its exit code.

    Raises:
        EngineError: If it does not start, or reaches the limit.
    """
    deadline = time.monotonic() + limit
    try:
        child = subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stdout or subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise EngineError(f"{command[0]} does not start: {error.strerror}") from error
    with child:
        try:
            lines = _lines(child)
            while (line := _next(lines)) is not None:
                on_line(line)
                _check(deadline, limit)
            return child.wait()
        except BaseException:
            _end(child)
            raise


def _lines(child: subprocess.Popen[str]) -> SimpleQueue[str | None]:
    lines: SimpleQueue[str | None] = SimpleQueue()

    def read() -> None:
        with contextlib.suppress(ValueError):  # the pipe is closed under a read when the child is ended early
            for line in child.stderr or ():
                lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines


def _next(lines: SimpleQueue[str | None]) -> str | None:
    try:
        return lines.get(timeout=_QUIET)
    except Empty:
        return ""


def _check(deadline: float, limit: float) -> None:
    if time.monotonic() > deadline:
        raise EngineError(f"it was not done after {limit:.0f} seconds")


def _end(child: subprocess.Popen[str]) -> None:
    # An interrupt first, as Go removes its work folder on its way out; then whatever is left of the group,
    # which would keep the pipe open.
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_GRACE)
