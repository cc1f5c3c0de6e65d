"""Threads that are kept, on a machine that lets few be started."""

import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import wait

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_nao.waiting import threads as module
from pulumi_nao.waiting.clock import Deadline, SystemClock
from pulumi_nao.waiting.threads import ROOM, ThreadPool
from tests.core.fake_clock import FakeClock
from tests.few_threads import allowed

NAME = "nao-test"


class Watched(SystemClock):
    """Calls when somebody who waits asks whether to wait on."""

    def __init__(self, asked):
        super().__init__()
        self._asked = asked

    @property
    def cancelled(self):
        self._asked()
        return False


def pattern(starts):
    """Let starts succeed as listed, and none after that."""
    left = iter(starts)
    return lambda _name: next(left, None)


def within(limit):
    """Let no more than so many threads live beside those of now."""
    others = threading.active_count()
    return lambda _name: threading.active_count() - others < limit


def end(workers):
    workers.close()
    for thread in threading.enumerate():
        if thread.name == NAME:
            thread.join(10)


@pytest.fixture
def start(monkeypatch):
    """Make workers whose threads end with the test."""
    monkeypatch.setattr(module, "_room", module._Room())
    made = []

    def make(*arguments, **named):
        made.append(ThreadPool(NAME, *arguments, **named))
        return made[-1]

    yield make
    for workers in made:
        end(workers)


@settings(deadline=None, max_examples=50)
@given(
    starts=st.lists(st.booleans(), max_size=8),
    calls=st.integers(1, 12),
    most=st.integers(1, 12),
    at_once=st.booleans(),
    defect=st.booleans(),
)
def test_every_call_is_made_exactly_once_whichever_threads_can_be_started(starts, calls, most, at_once, defect):
    made, begin = Counter(), threading.Event()

    def call(number):
        begin.wait(10)
        made[number] += 1
        if defect:
            raise ZeroDivisionError

    with allowed(pattern([True, *starts])) as started:
        workers = ThreadPool(NAME, most, least=most)
        if at_once:
            begin.set()
        futures = [workers.submit(call, number) for number in range(calls)]
        begin.set()
        assert wait(futures, timeout=10).not_done == set()
        end(workers)
    assert made == dict.fromkeys(range(calls), 1)
    assert len(started) <= most


@settings(deadline=None, max_examples=50)
@given(starts=st.lists(st.booleans(), max_size=6), visitors=st.lists(st.booleans(), min_size=1, max_size=10))
def test_nobody_loses_a_thread_whoever_gives_up_waiting_for_one(starts, visitors):
    got, begin, may_start = Counter(), threading.Event(), pattern([True, *starts])
    clock = SystemClock()

    def visit(patient):
        begin.wait(10)
        deadline = None if patient else Deadline(0, "test", clock)
        with workers.borrowed(clock, deadline) as worker:
            got[patient, worker is not None] += 1

    with allowed(lambda name: name != NAME or may_start(name)), pytest.MonkeyPatch.context() as quick:
        workers = ThreadPool(NAME, 10, least=10)
        quick.setattr(module, "_START_CHECK", 0.0)
        crowd = [threading.Thread(target=visit, args=(patient,)) for patient in visitors]
        for visitor in crowd:
            visitor.start()
        begin.set()
        for visitor in crowd:
            visitor.join(10)
        end(workers)
    assert got.total() == len(visitors)
    assert got[True, False] == 0


def test_a_call_that_no_thread_can_make_is_refused_and_not_made_later(start):
    made = []
    workers = start()
    with allowed(lambda _name: False), pytest.raises(RuntimeError, match="no more threads"):
        workers.submit(made.append, 1)
    workers.submit(made.append, 2).result(10)
    assert made == [2]


def test_calls_in_line_are_made_in_their_order(start):
    made, begin = [], threading.Event()
    workers = start(1)
    futures = [workers.submit(begin.wait, 10), *(workers.submit(made.append, number) for number in range(5))]
    begin.set()
    wait(futures, timeout=10)
    assert made == [0, 1, 2, 3, 4]


def test_one_thread_after_another_call_takes_the_next(start):
    with allowed(lambda _name: True) as started:
        workers = start()
        for number in range(50):
            assert workers.submit(lambda value: value, number).result(10) == number
    assert started == [NAME]


def test_a_call_that_was_cancelled_in_line_is_not_made(start):
    made, begin = [], threading.Event()
    workers = start(1)
    workers.submit(begin.wait, 10)
    unwanted, last = workers.submit(made.append, 1), workers.submit(made.append, 2)
    assert unwanted.cancel()
    begin.set()
    last.result(10)
    assert made == [2]


def test_who_waits_for_a_thread_gets_the_one_that_is_free_first(start):
    workers = start(1)
    begin = threading.Event()
    future = workers.submit(begin.wait, 10)
    with workers.borrowed(Watched(begin.set)) as worker:
        assert future.done()
        assert worker is not None


def test_whose_deadline_comes_first_gets_none(start, clock):
    workers = start(1)
    with workers.borrowed(clock), workers.borrowed(clock, Deadline(5, "test", clock)) as worker:
        assert worker is None
    assert clock.time == 5


def test_who_is_cancelled_gets_none(start):
    workers, clock = start(1), FakeClock(cancel_at=3)
    with workers.borrowed(clock), workers.borrowed(clock) as worker:
        assert worker is None
    assert clock.time == 3


def test_without_any_thread_nobody_waits(start, clock):
    with allowed(lambda _name: False), start().borrowed(clock) as worker:
        assert worker is None
    assert clock.time == 0


def test_beside_a_thread_that_is_stuck_another_is_started(start):
    workers, stuck = start(), threading.Event()
    workers.submit(stuck.wait, 10)
    assert workers.submit(lambda: "made").result(10) == "made"
    stuck.set()


def test_what_a_stuck_thread_held_up_is_no_loss_when_it_comes_back(start, clock):
    workers, stuck = start(2), threading.Event()
    held = workers.submit(stuck.wait, 10)
    workers.submit(stuck.wait, 10)
    stuck.set()
    held.result(10)
    with workers.borrowed(clock) as first, workers.borrowed(clock) as second:
        assert None not in (first, second)


def test_room_is_left_for_the_threads_of_others(start):
    begin = threading.Event()
    with allowed(within(60)):
        workers = start(least=2)
        futures = [workers.submit(begin.wait, 10) for _ in range(200)]
        assert 60 - 2 * ROOM <= workers._count <= 60 - ROOM
        begin.set()
        assert wait(futures, timeout=10).not_done == set()


@pytest.mark.parametrize(("limit", "at_work"), [(5, 4), (3, 3)])
def test_the_least_number_is_started_without_regard_to_others(start, limit, at_work):
    begin = threading.Event()
    with allowed(within(limit)):
        workers = start(least=4)
        futures = [workers.submit(begin.wait, 10) for _ in range(10)]
        assert workers._count == at_work
        assert workers.short
        begin.set()
        assert wait(futures, timeout=10).not_done == set()


def test_more_are_started_when_others_have_ended(start, monkeypatch):
    begin, limit = threading.Event(), [1]
    monkeypatch.setattr(module, "_ROOM_CHECK", 0.0)
    others = threading.active_count()
    with allowed(lambda _name: threading.active_count() - others < limit[0]):
        workers = start()
        workers.submit(begin.wait, 10)
        workers.submit(begin.wait, 10)
        assert workers._count == 1
        limit[0] = 100
        workers.submit(begin.wait, 10)
        assert workers._count == 3
        begin.set()
        workers.close()


def test_who_waits_gets_a_new_thread_as_soon_as_one_can_be_started(start):
    stuck, allow = threading.Event(), [True]
    with allowed(lambda _name: bool(allow and allow.pop())):
        workers = start(least=2)
        workers.submit(stuck.wait, 10)
        with workers.borrowed(Watched(lambda: allow.append(True))) as worker:
            assert worker is not None
            assert not stuck.is_set()
        stuck.set()


def test_a_forked_process_has_threads_of_its_own():
    program = """
import os, warnings
from pulumi_nao.waiting.threads import ThreadPool
warnings.simplefilter("ignore")  # of forks beside threads, which is what is tried here
workers = ThreadPool("nao-test")
workers.submit(print, "parent", flush=True).result(10)
if os.fork():
    os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
workers.submit(print, "child", flush=True).result(10)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "parent\nchild\n")
