"""A clock whose sleep moves time."""

import math
from datetime import datetime, timedelta, timezone

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class FakeClock:
    """Cancels itself at a given time, if it is told to; fails a busy loop, which asks for the time for ever."""

    def __init__(self, cancel_at=math.inf, start=START):
        self.time = 0.0
        self.slept = []
        self._start = start
        self._cancel_at = cancel_at
        self._asked = 0

    def monotonic(self):
        self._asked += 1
        assert self._asked < 100_000, "a busy loop"
        return self.time

    def now(self):
        return self._start + timedelta(seconds=self.time)

    def sleep(self, seconds):
        assert seconds >= 0
        end = min(self.time + seconds, max(self.time, self._cancel_at))
        assert end < math.inf, "a wait that nothing ends"
        self.slept.append(end - self.time)
        self.time = end

    def event(self):
        return FakeEvent(self)

    @property
    def cancelled(self):
        return self.time >= self._cancel_at


class FakeEvent:
    """Whoever waits for it sleeps: with this clock, nobody else is there to set it meanwhile."""

    def __init__(self, clock):
        self._clock = clock
        self._is_set = False

    def set(self):
        self._is_set = True

    def wait(self, seconds):
        if not self._is_set:
            self._clock.sleep(seconds)
        return self._is_set
