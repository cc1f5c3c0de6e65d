"""Ctrl-C while the server is silent: it ends the run, though every time-out is an hour away."""

import socket
import threading

import pytest

from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.errors import NotSent, WaitCancelled
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator import Silence, Simulator
from pulumi_nao.waiting.clock import Limit, SystemClock
from pulumi_nao.waiting.patience import CANCELLED_ACTION_GRACE, CANCELLED_POLL_GRACE
from tests.attempts import wanted
from tests.faults.catalogue import fault
from tests.faults.run import KEY, SILENT
from tests.few_threads import exchanges
from tests.tools.machine import wait_until

HOUR = 3600.0


class Run:
    """A publication in a thread of its own, which can be cancelled."""

    def __init__(self, url):
        self.cancel = threading.Event()
        clock = SystemClock(self.cancel)
        self.client = NaoClient(KEY, url, clock=clock, answer_timeout=HOUR)
        self.outcome = None
        self.told = []
        self._publisher = Runner(self.client, clock)
        self._thread = threading.Thread(target=self._publish, daemon=True)
        self._thread.start()

    def _publish(self):
        limit = Limit(HOUR, "the test")
        self.outcome = self._publisher.run(wanted(910, "a", self.client.base_url), limit, self.told.append)

    def ends_when_cancelled(self):
        self.cancel.set()
        self._thread.join(60)
        return not self._thread.is_alive()


@pytest.fixture
def nao():
    with Simulator(job_seconds=HOUR) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        yield nao


@pytest.fixture
def begin(monkeypatch):
    monkeypatch.setattr("pulumi_nao.cloud.client.READ_TIMEOUT", HOUR)
    runs = []

    def start(url):
        runs.append(Run(url))
        return runs[-1]

    yield start
    for run in runs:
        assert run.ends_when_cancelled()
        run.client.close()


def test_after_a_cancel_an_answer_is_awaited_for_seconds_not_minutes():
    assert (CANCELLED_POLL_GRACE, CANCELLED_ACTION_GRACE) == (1, 10)


@pytest.mark.parametrize("silence", SILENT)
def test_a_look_that_hangs_ends_with_a_cancel(nao, begin, silence):
    nao.script("job", fault(silence), times=None)
    run = begin(nao.url)
    wait_until(lambda: nao.count("job") == 1)
    assert run.ends_when_cancelled()
    assert isinstance(run.outcome.error, WaitCancelled)
    assert run.outcome.attempt.may_be_running


def test_a_look_that_was_given_up_keeps_no_thread(nao, begin):
    nao.script("job", fault("drip"), times=None)
    run = begin(nao.url)
    wait_until(lambda: nao.count("job") == 1)
    assert run.ends_when_cancelled()
    wait_until(lambda: not exchanges())


def test_the_answer_to_a_post_in_flight_is_awaited_for_the_jobs_sake(nao, begin):
    nao.script("publish", Silence(1.5))
    run = begin(nao.url)
    wait_until(lambda: nao.count("publish") == 1)
    assert run.ends_when_cancelled()
    assert isinstance(run.outcome.error, WaitCancelled)
    assert run.outcome.attempt.job_id == str(nao.jobs[0].id)
    assert run.told == [
        "waiting up to 10 s for the answer to the request; a second Ctrl-C loses it",
        f"job {nao.jobs[0].id} accepted, {nao.url}/api/v2/background_jobs/{nao.jobs[0].id}",
    ]


def test_but_not_for_ever(nao, begin, monkeypatch):
    monkeypatch.setattr("pulumi_nao.cloud.client.CANCELLED_ACTION_GRACE", 0.5)
    nao.script("publish", Silence())
    run = begin(nao.url)
    wait_until(lambda: nao.count("publish") == 1)
    assert run.ends_when_cancelled()
    assert run.outcome.error.headline == "publication of site 910 may have started: no complete answer in time"
    assert run.outcome.attempt.status == "unknown"


def test_a_post_that_has_no_connection_yet_is_not_awaited(begin, monkeypatch):
    asked, answered = threading.Event(), threading.Event()

    def slow(*_args, **_kwargs):
        asked.set()
        answered.wait(HOUR)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    run = begin("https://slow.example")
    assert asked.wait(10)
    assert run.ends_when_cancelled()
    answered.set()
    assert isinstance(run.outcome.error, NotSent)
    assert run.outcome.error.headline == "publication of site 910 not sent: cancelled while it was connecting"
    assert run.outcome.attempt is None
    assert run.told == []
