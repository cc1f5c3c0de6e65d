"""A clock whose sleep moves time."""

from datetime import datetime, timedelta, timezone

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class FakeClock:
    """Cancels itself at a given time, if it is told to; fails a busy loop, which asks for the time for ever."""

    def __init__(self, cancel_at=None):
        self.time = 0.0
        self.slept = []
        self._cancel_at = cancel_at
        self._asked = 0

    def monotonic(self):
        self._asked += 1
        assert self._asked < 100_000, "a busy loop"
        return self.time

    def now(self):
        return START + timedelta(seconds=self.time)

    def sleep(self, seconds):
        assert seconds >= 0
        end = self.time + seconds
        if self._cancel_at is not None:
            end = min(end, max(self.time, self._cancel_at))
        self.slept.append(end - self.time)
        self.time = end

    @property
    def cancelled(self):
        return self._cancel_at is not None and self.time >= self._cancel_at
