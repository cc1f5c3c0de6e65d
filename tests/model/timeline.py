"""Fake time that several processes live in one after another, each with an end of its own."""

from dataclasses import dataclass
from datetime import timedelta

from tests.core.fake_clock import START, FakeEvent


class Killed(BaseException):
    """The machine is gone: no code of the process runs any more, whatever it catches."""


@dataclass(frozen=True)
class Interrupt:
    """How a process is disturbed, and when: after so many seconds, or when so many requests have reached the server.

    `cancel` is Ctrl-C, `kill` takes engine and host away at once, `engine gone` leaves the host to notice it.
    """

    kind: str
    seconds: float | None = None
    requests: int | None = None


class Timeline:
    """Seconds since the story began."""

    def __init__(self):
        self.seconds = 0.0

    def now(self):
        return START + timedelta(seconds=self.seconds)


class ProcessClock:
    """The clock of one host process: sleeping moves the timeline, up to where the interrupt strikes."""

    def __init__(self, timeline, cancel, interrupt=None):
        self._timeline = timeline
        self._cancel = cancel
        self._interrupt = interrupt
        self._strikes_at = None
        if interrupt and interrupt.seconds is not None:
            self._strikes_at = timeline.seconds + interrupt.seconds
        self._requests = 0
        self.engine_gone = False

    def monotonic(self):
        return self._timeline.seconds

    def now(self):
        return self._timeline.now()

    @property
    def cancelled(self):
        return self._cancel.is_set()

    def sleep(self, seconds):
        assert seconds >= 0
        if not self.cancelled:
            self._pass(seconds, wakes=True)

    def event(self):
        return FakeEvent(self)

    def spend(self, seconds):
        """Let time pass that no cancel cuts short."""
        self._pass(seconds, wakes=False)

    def receive(self, seconds, grace):
        """Wait for an answer that takes so long, after a cancel only for `grace`; tell whether it came."""
        end = self._timeline.seconds + seconds
        if not self.cancelled:
            self._pass(seconds, wakes=True)
        left = end - self._timeline.seconds
        self.spend(min(left, grace))
        return left <= grace

    def request_arrived(self):
        self._requests += 1
        if self._interrupt and self._requests == self._interrupt.requests:
            self._strike()

    def _pass(self, seconds, *, wakes):
        end = self._timeline.seconds + seconds
        if self._strikes_at is not None and self._strikes_at <= end:
            self._timeline.seconds = max(self._timeline.seconds, self._strikes_at)
            self._strike()
            if wakes:
                return
        self._timeline.seconds = max(self._timeline.seconds, end)

    def _strike(self):
        self._strikes_at = None
        if self._interrupt.kind == "kill":
            raise Killed
        self.engine_gone = self._interrupt.kind == "engine gone"
        self._cancel.set()
