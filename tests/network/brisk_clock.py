"""Real time, twenty times as fast: what waits on real servers cannot have a fake clock, and need not be slow."""

from datetime import datetime, timezone
from threading import Event
from time import monotonic

SPEED = 20


class BriskClock:
    def __init__(self):
        self.cancel = Event()

    def monotonic(self):
        return monotonic() * SPEED

    def now(self):
        return datetime.now(timezone.utc)

    def sleep(self, seconds):
        self.cancel.wait(max(0.0, seconds) / SPEED)

    @property
    def cancelled(self):
        return self.cancel.is_set()
