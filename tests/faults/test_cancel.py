"""Ctrl-C while the server is silent, in real time: whoever pressed it waits seconds, not minutes."""

import socket
import threading
import time

import pytest

from pulumi_nao.cloud.client import CANCELLED_ACTION_GRACE, NaoClient
from pulumi_nao.errors import NotSent, WaitCancelled
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator import Silence, Simulator
from pulumi_nao.waiting.clock import Limit, SystemClock
from tests.faults.catalogue import fault
from tests.faults.run import KEY, SILENT
from tests.few_threads import exchanges
from tests.wanting import wanted

LIMIT = Limit(600.0, "the test")


class Run:
    """A publication in a thread of its own, which can be cancelled."""

    def __init__(self, url):
        self.cancel = threading.Event()
        clock = SystemClock(self.cancel)
        self.client = NaoClient(KEY, url, clock=clock)
        self.outcome = None
        self._publisher = Runner(self.client, clock)
        self._thread = threading.Thread(target=self._publish)
        self._thread.start()

    def _publish(self):
        self.outcome = self._publisher.run(wanted(910, "a", self.client.base_url), LIMIT)

    def seconds_to_end(self):
        """Cancel, and count the seconds until the end."""
        began = time.monotonic()
        self.cancel.set()
        self._thread.join(60)
        return time.monotonic() - began


@pytest.fixture
def nao():
    with Simulator(job_seconds=600) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        yield nao


@pytest.fixture
def begin():
    runs = []

    def start(url):
        runs.append(Run(url))
        return runs[-1]

    yield start
    for run in runs:
        run.seconds_to_end()
        run.client.close()


def until(happens):
    end = time.monotonic() + 30
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("silence", SILENT)
def test_a_look_that_hangs_ends_within_three_seconds_of_a_cancel(nao, begin, silence):
    nao.script("job", fault(silence), times=None)
    run = begin(nao.url)
    until(lambda: nao.count("job") == 1)
    assert run.seconds_to_end() < 3
    assert isinstance(run.outcome.error, WaitCancelled)
    assert run.outcome.attempt.may_be_running


def test_a_look_that_was_given_up_keeps_no_thread(nao, begin):
    nao.script("job", fault("drip"), times=None)
    run = begin(nao.url)
    until(lambda: nao.count("job") == 1)
    run.seconds_to_end()
    until(lambda: not exchanges())


def test_the_answer_to_a_post_in_flight_is_awaited_for_the_jobs_sake(nao, begin):
    nao.script("publish", Silence(1.5))
    run = begin(nao.url)
    until(lambda: nao.count("publish") == 1)
    run.seconds_to_end()
    assert isinstance(run.outcome.error, WaitCancelled)
    assert run.outcome.attempt.job_id == str(nao.jobs[0].id)


def test_but_not_for_ever(nao, begin, monkeypatch):
    assert CANCELLED_ACTION_GRACE == 10
    monkeypatch.setattr("pulumi_nao.cloud.client.CANCELLED_ACTION_GRACE", 0.5)
    nao.script("publish", Silence())
    run = begin(nao.url)
    until(lambda: nao.count("publish") == 1)
    assert run.seconds_to_end() < 3
    assert run.outcome.error.headline == "publication of site 910 may have started: no complete answer in time"
    assert run.outcome.attempt.status == "unknown"


def test_a_post_that_has_no_connection_yet_is_not_awaited(begin, monkeypatch):
    asked, answered = threading.Event(), threading.Event()

    def slow(*_args, **_kwargs):
        asked.set()
        answered.wait(30)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    run = begin("https://slow.example")
    assert asked.wait(10)
    assert run.seconds_to_end() < 3
    answered.set()
    assert isinstance(run.outcome.error, NotSent)
    assert run.outcome.error.headline == "publication of site 910 not sent: cancelled while it was connecting"
    assert run.outcome.attempt is None
