"""What the client tells its circuit breaker, over real sockets; time is not real."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count

import pytest
import trustme

from pulumi_nao import NaoClient
from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.errors import NaoError, NotSent, ServerUnreachable
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator import Answer, Silence
from pulumi_nao.waiting.clock import Deadline
from tests.attempts import wanted
from tests.client.serving import saying, serving
from tests.client.test_no_connection import alert
from tests.client.test_proxies import certified, pump
from tests.core.fake_clock import FakeClock
from tests.network.brisk_clock import BriskClock

KEY = "k-0123456789-host-tier"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def circuit(clock):
    return Circuit(clock)


@pytest.fixture
def client(nao, clock, circuit):
    with NaoClient(KEY, nao.url, clock=clock, circuit=circuit) as client:
        yield client


def is_refused(client, clock):
    """Whether a publication is refused without a try."""
    try:
        client.ensure_reachable("publication of site 912", Deadline(1800, "test", clock))
    except ServerUnreachable:
        return True
    return False


@pytest.fixture
def absence(nao, client, clock):
    """The server is away, and has been tried for five minutes."""
    nao.stop()
    for seconds in (0, 100, 100, 100):
        clock.sleep(seconds)
        with pytest.raises(ServerUnreachable):
            client.publish(910)


@pytest.mark.usefixtures("absence")
def test_a_server_out_of_reach_is_not_tried_for_the_next_site_of_any_account(nao, client, clock, circuit):
    nao.start()
    with NaoClient("k-of-another-account", nao.url, clock=clock, circuit=circuit) as other:
        assert (is_refused(client, clock), is_refused(other, clock)) == (True, True)
    assert nao.count() == 0


@pytest.mark.parametrize("status", [200, 401, 404, 429, 500, 503])
@pytest.mark.usefixtures("absence")
def test_any_answer_to_the_question_lets_publications_through(nao, client, clock, status):
    nao.start()
    nao.script("job", Answer(status))
    clock.sleep(60)
    assert not is_refused(client, clock)
    assert [(request.method, request.path) for request in nao.requests] == [("GET", "/api/v2/background_jobs/0")]


@pytest.mark.parametrize("work", [lambda client: client.job("48145").poll(), lambda client: client.publish(5)])
@pytest.mark.usefixtures("absence")
def test_any_answer_to_anything_lets_publications_through(nao, client, clock, work):
    nao.start()
    with pytest.raises(NaoError):
        work(client)
    assert not is_refused(client, clock)


@pytest.mark.usefixtures("absence")
def test_a_server_that_is_still_away_is_asked_once_and_refused_on(client, clock):
    clock.sleep(60)
    assert is_refused(client, clock)


def test_a_question_waits_only_as_long_as_it_may(nao, client):
    nao.script("job", Silence(60))
    with pytest.raises(NaoError, match="no complete answer in time"):
        client.probe(0.2)


def test_what_cannot_pass_is_remembered_for_nobody(nao, clock, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))
    with NaoClient(KEY, nao.url.replace("http:", "https:"), clock=clock) as secure:
        for _ in range(2):
            with pytest.raises(NotSent, match="does not exist"):
                secure.publish(910)
        assert not is_refused(secure, clock)


@contextmanager
def shaky_front(nao, authority):
    """What ends TLS in front of the simulator, and breaks one handshake in ten."""
    context = certified(authority, "127.0.0.1")
    behind = ("127.0.0.1", int(nao.url.rpartition(":")[2]))
    numbers = count(1)
    broken = []

    def handle(connection):
        if next(numbers) % 10 == 0:
            broken.append(connection)
            saying(alert(80))(connection)
        else:
            with (
                context.wrap_socket(connection, server_side=True) as secure,
                socket.create_connection(behind) as target,
            ):
                pump(secure, target)

    with serving(handle) as port:
        yield f"https://127.0.0.1:{port}", broken


def test_a_fleet_behind_a_balancer_that_breaks_one_handshake_in_ten_is_published(nao, monkeypatch):
    sites = range(1000, 1040)
    for site in sites:
        nao.add_site(site, job_seconds=0.2, graph=site % 4 != 0)
    authority = trustme.CA()
    clock = BriskClock()
    with authority.cert_pem.tempfile() as bundle, shaky_front(nao, authority) as (url, broken):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        with NaoClient(KEY, url, clock=clock) as client, ThreadPoolExecutor(16) as fleet:
            publisher = Runner(client, clock)
            outcomes = list(fleet.map(lambda site: publisher.run(wanted(site, None, client.base_url)), sites))
    ends = {site: outcome.attempt.status for site, outcome in zip(sites, outcomes, strict=True)}
    assert ends == {site: "failure" if site % 4 == 0 else "success" for site in sites}
    assert nao.count("publish") == len(sites)
    assert len(broken) >= 4
