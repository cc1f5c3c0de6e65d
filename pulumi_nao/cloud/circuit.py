"""A circuit breaker: whether a server is worth a try, for all publications of a process that are sent to it.

It is closed at first: each publication tries for itself, and goes on trying. When for five minutes nobody has reached
the server, it opens, and publications that begin are refused at once. A minute later it is half open: one harmless
question is asked, and what comes of it counts for all. Any answer, to whatever request, closes it.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from pulumi_nao.errors import PollFailed
from pulumi_nao.text import format_duration
from pulumi_nao.waiting.patience import CONNECT_PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.waiting.clock import Clock, Deadline

OPEN_FOR = 60.0
PROBE_TIMEOUT = 10.0

# Seconds: tries of one publication are less far apart, so what failed longer ago may have been another trouble.
ONE_ABSENCE = 120.0

_CHECK = 0.25


class Circuit:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._guard = threading.Lock()
        self._reason = ""
        self._failed_at = -math.inf
        self._failing_since: float | None = None
        self._probe_due: float | None = None  # None while the circuit is closed
        self._probing = False

    def answered(self) -> None:
        with self._guard:
            self._failing_since = self._probe_due = None

    def failed(self, reason: str) -> None:
        with self._guard:
            now = self._clock.monotonic()
            is_open = self._probe_due is not None
            if self._failing_since is None or (not is_open and now - self._failed_at > ONE_ABSENCE):
                self._failing_since = now
            self._failed_at, self._reason = now, reason
            if not is_open and now >= self._failing_since + CONNECT_PATIENCE:
                self._probe_due = now + OPEN_FOR

    def refusal(self, deadline: Deadline, probe: Callable[[float], object]) -> str | None:
        """Say why nothing should be sent now; `None` when it is worth a try.

        In half-open state one caller asks the server, and the others wait for what comes of it. There is no reason
        where the deadline or a cancel comes first.
        """
        while deadline.remaining and not self._clock.cancelled:
            with self._guard:
                now = self._clock.monotonic()
                if self._probe_due is None or self._failing_since is None:
                    return None
                if now < self._probe_due:
                    lasting = format_duration(now - self._failing_since)
                    return f"{self._reason}; nothing of this run has reached it for {lasting}"
                is_mine = not self._probing
                self._probing = True
            if is_mine:
                self._ask(deadline, probe)
            else:
                self._clock.sleep(min(_CHECK, deadline.remaining))
        return None

    def _ask(self, deadline: Deadline, probe: Callable[[float], object]) -> None:
        try:
            probe(min(PROBE_TIMEOUT, deadline.remaining))
        except PollFailed as trouble:
            if not trouble.may_pass:  # whoever tries is refused at once, for a reason that is worth saying
                self.answered()
            elif deadline.remaining and not self._clock.cancelled:
                with self._guard:
                    self._reason = trouble.headline
                    if self._probe_due is not None:  # nobody else was answered meanwhile
                        self._probe_due = self._clock.monotonic() + OPEN_FOR
        else:
            self.answered()
        finally:
            self._probing = False
