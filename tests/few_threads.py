"""A machine that lets a process start few threads: how it looks from inside, and who is at work in ours."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

from pulumi_nao.waiting.threads import ACTION_THREADS, POLL_THREADS

# In a process of its own, as `sitecustomize`: threads of grpc's core are not counted.
LIMIT = """
import sys, threading
if {!r} in " ".join(sys.orig_argv):
    start, one_at_a_time = threading.Thread.start, threading.Lock()
    def limited(thread):
        with one_at_a_time:
            if threading.active_count() >= {}:
                raise RuntimeError("can't start new thread")
            start(thread)
    threading.Thread.start = limited
"""


@contextmanager
def allowed(may_start):
    """Let `may_start` decide, of the name of a thread, whether it can be started.

    Yields:
        The names of those that were.
    """
    start, started = threading.Thread.start, []

    def limited(thread):
        if not may_start(thread.name):
            raise RuntimeError("can't start new thread")
        start(thread)
        started.append(thread.name)

    with patch.object(threading.Thread, "start", limited):
        yield started


def exchanges():
    """How many threads send a request or await an answer."""
    return sum(workers._count - len(workers._idle) for workers in (POLL_THREADS, ACTION_THREADS))
