"""How many connections and threads a fleet may use while the server, or the way to it, hangs."""

import os
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from pulumi_nao import NaoClient, wait
from pulumi_nao.cloud.transport import MOST_CONNECTIONS
from pulumi_nao.errors import HeldBack, NotSent, PollFailed, ServerUnreachable, WaitTimedOut
from pulumi_nao.simulator import Silence
from pulumi_nao.waiting.clock import Deadline, SystemClock
from tests.few_threads import exchanges
from tests.tools.machine import wait_until

KEY = "k-0123456789-host-tier"
FLEET = 200


def connections_to(nao):
    """How many connections the client has open; the other ends are this process' as well."""
    port = int(nao.url.rpartition(":")[2])
    open_ones = psutil.Process(os.getpid()).net_connections("tcp4")
    return sum(1 for one in open_ones if one.raddr and one.raddr.port == port and one.status == "ESTABLISHED")


def run_fleet(work, measure):
    """Do the work for each number of the fleet at once; give the most that was measured meanwhile, and the errors."""
    most = 0
    with ThreadPoolExecutor(FLEET) as fleet:
        at_work = [fleet.submit(work, number) for number in range(FLEET)]
        while not all(one.done() for one in at_work):
            most = max(most, measure())
            time.sleep(0.01)
        return most, [type(one.exception()) for one in at_work]


def await_end_of_exchanges():
    wait_until(lambda: not exchanges())


def occupy(call):
    """Make as many calls at once as there may be, each of which fails and leaves its thread behind."""
    with ThreadPoolExecutor(MOST_CONNECTIONS) as fleet:
        failed = {type(one.exception()) for one in [fleet.submit(call) for _ in range(MOST_CONNECTIONS)]}
    assert exchanges() == MOST_CONNECTIONS
    return failed


@pytest.fixture
def hanging_resolver(monkeypatch):
    """Let no name be resolved until the event is set; a stand-in, as no real resolver hangs when asked to."""
    answered = threading.Event()
    resolve = socket.getaddrinfo

    def hang(*arguments, **named):
        answered.wait(60)
        return resolve(*arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    yield answered
    answered.set()
    await_end_of_exchanges()


@pytest.mark.parametrize("measure", [lambda _: exchanges(), connections_to], ids=["threads", "connections"])
def test_hundreds_of_waits_on_a_server_that_hangs_share_a_few(nao, measure):
    nao.script("job", *[Silence(60)] * 10_000)
    with NaoClient(KEY, nao.url, answer_timeout=0.4) as client:
        job = client.publish(910)
        most, ends = run_fleet(lambda _: wait(job, 1), lambda: measure(nao))
    await_end_of_exchanges()
    assert set(ends) == {WaitTimedOut}
    assert 1 < most <= MOST_CONNECTIONS


def test_hundreds_of_publications_share_a_few_connections_and_all_are_made(nao):
    nao.script("publish", *[Silence(0.1)] * FLEET)
    for site in range(1000, 1000 + FLEET):
        nao.add_site(site)
    with NaoClient(KEY, nao.url) as client:
        most, ends = run_fleet(lambda number: client.publish(1000 + number), lambda: connections_to(nao))
    assert (set(ends), nao.publications()) == ({type(None)}, FLEET)
    assert 1 < most <= MOST_CONNECTIONS


def test_publications_go_out_while_looks_hang(nao):
    nao.script("job", *[Silence(60)] * MOST_CONNECTIONS)
    cancel = threading.Event()
    with NaoClient(KEY, nao.url, clock=SystemClock(cancel)) as client, ThreadPoolExecutor(MOST_CONNECTIONS) as fleet:
        looks = [fleet.submit(client.job("48145").poll) for _ in range(MOST_CONNECTIONS)]
        while connections_to(nao) < MOST_CONNECTIONS:
            time.sleep(0.01)
        assert client.publish(910).id == "48145"
        cancel.set()
        assert {type(look.exception()) for look in looks} == {PollFailed}


@pytest.mark.usefixtures("hanging_resolver")
def test_a_look_without_a_connection_says_what_keeps_it(nao, monkeypatch):
    monkeypatch.setattr("pulumi_nao.cloud.client.LAST_POLL_PATIENCE", 0.0)
    with NaoClient(KEY, nao.url, answer_timeout=0.3) as client:
        occupy(client.job("48145").poll)
        with pytest.raises(PollFailed) as error:
            client.job("48145").poll()
    assert str(error.value) == "earlier requests are still without an answer, and no look had its turn in time"


def test_looks_go_on_when_those_left_behind_have_ended(nao, hanging_resolver):
    with NaoClient(KEY, nao.url, answer_timeout=1) as client:
        occupy(client.job("48145").poll)
        hanging_resolver.set()
        await_end_of_exchanges()
        assert wait(client.publish(910)).succeeded


def test_a_publication_without_a_connection_until_the_deadline_is_not_sent(nao, hanging_resolver):
    with NaoClient(KEY, nao.url, answer_timeout=0.3) as client:
        assert occupy(lambda: client.publish(910)) == {ServerUnreachable}
        with pytest.raises(HeldBack) as error:
            client.publish(910, Deadline(0.1, "nao:timeout", SystemClock()))
        hanging_resolver.set()
        await_end_of_exchanges()
    assert error.value.headline == (
        "publication of site 910 not sent: earlier requests are still without an answer, "
        "and its turn did not come in time"
    )
    assert nao.publications() == 0


@pytest.mark.usefixtures("hanging_resolver")
def test_a_cancel_ends_the_wait_for_a_connection(nao):
    cancel = threading.Event()
    with NaoClient(KEY, nao.url, answer_timeout=0.3, clock=SystemClock(cancel)) as client:
        occupy(lambda: client.publish(910))
        threading.Timer(0.1, cancel.set).start()
        with pytest.raises(NotSent, match="cancelled before it began"):
            client.publish(910)
    assert nao.publications() == 0
