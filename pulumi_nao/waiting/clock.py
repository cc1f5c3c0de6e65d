"""Time, injected: everything that waits asks a `Clock`, so that no test sleeps for real."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Protocol

from pulumi_nao.errors import ConfigurationError

_HAIR = 0.001
_CANCEL_CHECK = 0.25


class Event(Protocol):
    def set(self) -> None: ...

    def wait(self, seconds: float) -> bool:
        """Pause until it is set, for so many seconds at the most, or until the wait is cancelled; was it set?"""


class Clock(Protocol):
    def monotonic(self) -> float: ...

    def now(self) -> datetime:
        """The time of day in UTC, for what is recorded and for HTTP dates."""

    def sleep(self, seconds: float) -> None:
        """Pause for so many seconds, or until the wait is cancelled."""

    def event(self) -> Event: ...

    @property
    def cancelled(self) -> bool: ...


class SystemClock:
    """The machine's clock. Setting `cancel` ends every sleep at once, and a wait for an event a moment later."""

    def __init__(self, cancel: threading.Event | None = None) -> None:
        self._cancel = cancel or threading.Event()

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def sleep(self, seconds: float) -> None:
        self._cancel.wait(max(0.0, seconds))

    def event(self) -> Event:
        return _Event(self)

    @property
    def cancelled(self) -> bool:
        return self._cancel.is_set()


class _Event:
    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, seconds: float) -> bool:
        end = self._clock.monotonic() + seconds
        while not (self._event.is_set() or self._clock.cancelled or self._clock.monotonic() >= end):
            self._event.wait(min(end - self._clock.monotonic(), _CANCEL_CHECK))
        return self._event.is_set()


def checked_seconds(name: str, value: object, example: float) -> float:
    """Refuse what is no length of time: a wait for it would never end, or never begin."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= threading.TIMEOUT_MAX:
        return value
    raise ConfigurationError(f"{name}: give a number of seconds, such as {example:g}")


class Deadline:
    """How long something may take, counted from now; errors say where that limit was set: `nao:timeout`."""

    def __init__(self, seconds: float, source: str, clock: Clock) -> None:
        self.seconds = seconds
        self.source = source
        self._clock = clock
        self._began = clock.monotonic()

    @property
    def elapsed(self) -> float:
        return self._clock.monotonic() - self._began

    @property
    def remaining(self) -> float:
        """Seconds left; 0 when the time is over, and in its last millisecond: a sleep may end a hair early."""
        left = self.seconds - self.elapsed
        return left if left > _HAIR else 0.0


def seconds_left(deadline: Deadline | None) -> float:
    return math.inf if deadline is None else deadline.remaining


@dataclass(frozen=True)
class Limit:
    """How long one call may take; a deadline is a limit whose time has begun."""

    seconds: float
    source: str

    def begun(self, clock: Clock) -> Deadline:
        return Deadline(self.seconds, self.source, clock)


DEFAULT_LIMIT = Limit(1800.0, "default")
