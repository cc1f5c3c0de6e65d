"""One row of the matrix: a fault at a moment, the client over real sockets, and the `up` after it."""

from __future__ import annotations

from dataclasses import dataclass

from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.lifecycle import Change, Runner, difference
from pulumi_nao.simulator import Simulator
from pulumi_nao.waiting.clock import Limit
from tests.attempts import wanted
from tests.core.fake_clock import FakeClock
from tests.faults.catalogue import injection

KEY = "k-0123456789-fault-matrix"
# Real seconds: long enough for an answer on a busy machine, short enough to sit out a silence.
PATIENCE = 1.0
SILENT = ("silence", "stall-in-headers", "stall-in-body", "drip")

MOMENTS = {
    "the POST": "publish:1",
    "every POST": "publish",
    "the first look": "job:1",
    "a later look": "job:2",
    "every look": "job",
}


@dataclass(frozen=True)
class Seen:
    """What a row comes to.

    Attributes:
        end: How the `up` ends: `done`, or the error's class.
        saved: The status that is recorded, with ` + job` when a job to go on with is; or `nothing`.
        posts: How many POSTs the server got.
        then: What the next `up` does, the fault gone: `nothing`, `waits on`, `publishes`.
        jobs: How many jobs have been started after both.
    """

    end: str
    saved: str
    posts: int
    then: str
    jobs: int


class Clock(FakeClock):
    """Tells of each sleep, after it."""

    def __init__(self):
        super().__init__()
        self.after_sleep = lambda: None

    def sleep(self, seconds):
        super().sleep(seconds)
        self.after_sleep()


def run(fault, moment):
    """Meet the fault, then go on without it."""
    clock = Clock()
    with Simulator(job_seconds=3.0, clock=clock.now) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        report = _absence(nao, clock, moment) if fault == "refuse" else _injected(nao, fault, moment)
        limit = Limit(1.5 if fault in SILENT and moment == "every look" else 400.0, "the matrix")
        with NaoClient(KEY, nao.url, clock=clock, answer_timeout=PATIENCE if fault in SILENT else 30.0) as client:
            first = Runner(client, clock).run(wanted(910, "a", nao.url), limit, report)
        posts = nao.count("publish")
        nao.clear_scripts()
        clock.after_sleep = lambda: None
        if not nao._server:
            nao.start()
        then = _next_up(nao, clock, first)
        return first, Seen(
            type(first.error).__name__ if first.error else "done",
            _saved(first.attempt),
            posts,
            then,
            nao.publications(910),
        )


def _injected(nao, fault, moment):
    nao.inject(injection(f"{MOMENTS[moment]}={fault}"))
    return lambda _line: None


def _absence(nao, clock, moment):
    """Nobody is at home: from the start, from the job's start, or between two looks; until the next sleep, or on."""
    awaited = {"the POST": 1, "the first look": 1, "a later look": 2}.get(moment)
    sleeps = 0

    def slept():
        nonlocal sleeps
        sleeps += 1
        if sleeps == 1 and moment == "a later look":
            nao.stop()
        if sleeps == awaited:
            nao.start()

    def told(line):
        if "accepted" in line and moment in ("the first look", "every look"):
            nao.stop()

    clock.after_sleep = slept
    if moment in ("the POST", "every POST"):
        nao.stop()
    return told


def _saved(attempt):
    if attempt is None:
        return "nothing"
    return f"{attempt.status} + job" if attempt.may_be_running else attempt.status


def _next_up(nao, clock, first):
    """What the program's next `up` does, with the same triggers; it must end in success."""
    before = nao.count("publish")
    with NaoClient(KEY, nao.url, clock=clock, answer_timeout=30.0) as client:
        publisher = Runner(client, clock)
        if first.attempt is None:
            outcome = publisher.run(wanted(910, "a", nao.url), Limit(400.0, "the matrix"))
        elif difference(first.attempt, wanted(910, "a", nao.url)) is Change.NONE:
            return "nothing"
        else:
            outcome = publisher.run(wanted(910, "a", nao.url), Limit(400.0, "the matrix"), recorded=first.attempt)
    assert outcome.attempt.done
    return {0: "waits on", 1: "publishes"}[nao.count("publish") - before]
