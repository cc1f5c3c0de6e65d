"""A client where the machine lets a process start few threads: slower, or not sent; never sent without an answer."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_nao import NaoClient, wait
from pulumi_nao.cloud import client, exchange
from pulumi_nao.errors import HeldBack, NotSent, PollFailed, ServerUnreachable
from pulumi_nao.simulator import Silence
from pulumi_nao.waiting.clock import Deadline, SystemClock
from pulumi_nao.waiting.threads import EXCHANGE, ThreadPool
from tests.few_threads import allowed
from tests.tools.machine import wait_until

KEY = "k-0123456789-host-tier"
FLEET = 100


@pytest.fixture
def threads(monkeypatch):
    """Give the client threads of its own, of each kind, and let only so many of them be started in all."""
    kinds = []

    def allow(number):
        kinds[:] = [ThreadPool(EXCHANGE, least=number) for _ in range(2)]
        monkeypatch.setattr(client, "ACTION_THREADS", kinds[0])
        monkeypatch.setattr(client, "POLL_THREADS", kinds[1])
        left = [True] * 2 * number
        return allowed(lambda name: name != EXCHANGE or (left and left.pop()))

    yield allow
    for workers in kinds:
        workers.close()


def run_fleet(work):
    with ThreadPoolExecutor(FLEET) as fleet:
        return [type(one.exception()) for one in [fleet.submit(work, number) for number in range(FLEET)]]


def test_two_threads_serve_a_whole_fleet(nao, threads):
    for site in range(1000, 1000 + FLEET):
        nao.add_site(site, job_seconds=1)
    with threads(1), NaoClient(KEY, nao.url) as few:
        ends = run_fleet(lambda number: wait(few.publish(1000 + number)))
    assert (set(ends), nao.publications()) == ({type(None)}, FLEET)


def test_looks_share_one_thread_where_none_come_together(nao, monkeypatch):
    monkeypatch.setattr(client, "ACTION_THREADS", ThreadPool(EXCHANGE))
    monkeypatch.setattr(client, "POLL_THREADS", ThreadPool(EXCHANGE))
    with allowed(lambda _name: True) as started, NaoClient(KEY, nao.url) as alone:
        job = alone.publish(910)
        for _ in range(20):
            job.poll()
    assert started.count(EXCHANGE) == 2


def test_without_any_thread_a_publication_is_not_sent_and_says_why(nao, threads):
    with threads(0), NaoClient(KEY, nao.url) as none, pytest.raises(HeldBack) as error:
        none.publish(910)
    assert error.value.headline == (
        "publication of site 910 not sent: the machine lets this process start no more threads "
        "(`ulimit -u`, or pids.max of the container), and its turn did not come in time"
    )
    assert nao.count() == 0


def test_without_any_thread_a_look_brings_no_news(nao, threads):
    with threads(0), NaoClient(KEY, nao.url) as none, pytest.raises(PollFailed, match="start no more threads"):
        none.job("48145").poll()
    assert nao.count() == 0


def test_the_time_for_an_answer_begins_when_a_thread_is_there(nao, threads):
    nao.script("job", *[Silence(0.4)] * 6)
    with threads(1), NaoClient(KEY, nao.url, answer_timeout=1.5) as few:
        job = few.publish(910)
        with ThreadPoolExecutor(6) as together:
            looks = [together.submit(job.poll) for _ in range(6)]
        assert [look.exception() for look in looks] == [None] * 6


def test_a_cancel_ends_the_wait_for_a_thread_and_nothing_is_sent(nao, threads, monkeypatch):
    monkeypatch.setattr(client, "CANCELLED_ACTION_GRACE", 3.0)
    nao.script("publish", Silence(60))
    cancel = threading.Event()
    with threads(1), NaoClient(KEY, nao.url, clock=SystemClock(cancel)) as few, ThreadPoolExecutor(2) as together:
        first = together.submit(few.publish, 910)
        wait_until(lambda: nao.count("publish"))
        second = together.submit(few.publish, 912)
        wait_until(lambda: client.ACTION_THREADS._line)
        cancel.set()
        assert isinstance(second.exception(), NotSent)
        assert not first.done()
    assert nao.publications(912) == 0


def test_who_waits_for_a_thread_until_the_deadline_is_not_sent_and_gives_its_place_back(nao, threads, monkeypatch):
    monkeypatch.setattr(client, "MOST_CONNECTIONS", 2)
    answered, resolve = threading.Event(), socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *words, **named: answered.wait(60) and resolve(*words, **named))
    with threads(1), NaoClient(KEY, nao.url, answer_timeout=0.3) as few:
        with pytest.raises(ServerUnreachable):
            few.publish(910)
        for _ in range(3):
            with pytest.raises(HeldBack, match="start no more threads"):
                few.publish(910, Deadline(0.01, "nao:timeout", SystemClock()))
        answered.set()
        assert few.publish(912).id == "48145"
    assert nao.publications() == 1


def test_nothing_of_an_exchange_is_left_in_its_thread(nao, threads):
    with threads(1), NaoClient(KEY, nao.url) as few:
        wait(few.publish(910))
        assert client.POLL_THREADS.submit(lambda: exchange._of_thread.exchange).result(10) is None
