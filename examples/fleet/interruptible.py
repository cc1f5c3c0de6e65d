"""One interrupt for Pulumi, whoever is told to stop."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def interruptible(work: Callable[[], int]) -> int:
    """Run work that calls Pulumi, so that Ctrl-C, SIGTERM and a closed terminal end it in good order.

    Pulumi records its jobs at the first interrupt and drops everything at the second. A terminal sends Ctrl-C to
    Pulumi as well as to the script; pipelines, containers and `kill` tell the script alone. Hence Pulumi runs in a
    process group that no terminal sends anything to, and each signal to the script is one interrupt for that group.

    Args:
        work: What to do; gives the exit code.

    Returns:
        That exit code.
    """
    if sys.platform == "win32":  # a console tells Pulumi too, and there is no SIGTERM
        signal.signal(signal.SIGINT, lambda *_: None)
        return work()
    worker = os.fork()
    if not worker:
        os.setpgrp()
        signal.signal(signal.SIGINT, lambda *_: None)  # it is Pulumi that ends, and the work after it
        sys.exit(work())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` leaves it
            signal.signal(number, lambda *_: os.killpg(worker, signal.SIGINT))
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
