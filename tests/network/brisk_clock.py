"""Real time, twenty times as fast: what waits on real servers cannot have a fake clock, and need not be slow."""

from threading import Event

from pulumi_nao.waiting.clock import SystemClock

SPEED = 20


class BriskClock(SystemClock):
    def __init__(self):
        self.cancel = Event()
        super().__init__(self.cancel)

    def monotonic(self):
        return super().monotonic() * SPEED

    def sleep(self, seconds):
        super().sleep(seconds / SPEED)
