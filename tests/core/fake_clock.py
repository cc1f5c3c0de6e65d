"""A clock whose sleep moves time."""

from datetime import datetime, timedelta, timezone

START = datetime(2026, 1, 1, tzinfo=timezone.utc)


class FakeClock:
    """Cancels itself at a given time, if it is told to."""

    def __init__(self, cancel_at=None):
        self.time = 0.0
        self.slept = []
        self._cancel_at = cancel_at

    def monotonic(self):
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
