"""A link between the client and NAO Cloud that cuts a connection anywhere, below TLS too."""

import contextlib
import socket

import pytest

from pulumi_nao import NaoClient
from pulumi_nao.errors import MayHaveStarted, NaoError, PollFailed, ServerUnreachable
from pulumi_nao.models import Job
from tests.few_threads import exchanges
from tests.network.link import Link
from tests.network.run import KEY, Stack
from tests.tools.machine import wait_until


@pytest.fixture
def link(nao):
    with contextlib.closing(Link(nao.url)) as link:
        yield link


def _answer_to_a_publication(nao, host):
    """The bytes of an answer, which are as many each time."""
    with socket.create_connection(("127.0.0.1", int(nao.url.rpartition(":")[2])), timeout=5) as connection:
        head = "POST /api/v2/sites/912/asset_tracking_config/publish HTTP/1.1"
        connection.sendall(f"{head}\r\nHost: {host}\r\nAuthorization: {KEY}\r\n\r\n".encode())
        return connection.makefile("rb").read()


@pytest.mark.parametrize("digits", range(6))
def test_an_answer_cut_in_the_number_of_its_job_names_no_other_job(link, nao, digits):
    stack = Stack(link.url)
    whole = _answer_to_a_publication(nao, link.url.removeprefix("http://"))
    link.lay("close", "downstream", after=whole.index(b"/48145\r\n") + 1 + digits)
    first = stack.up()
    assert (first.end, first.saved, first.job) == (MayHaveStarted, "unknown", None)
    assert "the answer was cut short" in first.error.headline
    link.mend()
    assert (stack.up().job, nao.publications(910)) == ("48147", 2)


@pytest.fixture
def secure_link(nginx, authority, monkeypatch):
    """A link to nginx, which speaks TLS; its certificate is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    nginx.start(authority.directives(), tls=True)
    with contextlib.closing(Link(nginx.url)) as link:
        link.secure_url = link.url.replace("http:", "https:")
        yield link


CLOSED = "the connection was closed without an answer"
LOST_HANDSHAKES = {
    "closed at once": (("close", "upstream"), CLOSED),
    "closed in the server's part": (("close", "downstream", 500), CLOSED),
    "reset": (("reset", "downstream"), "the connection was reset"),
    "silent": (("silence", "downstream"), "no complete answer in time"),
}


@pytest.mark.parametrize(("fault", "words"), LOST_HANDSHAKES.values(), ids=LOST_HANDSHAKES)
def test_a_handshake_that_is_lost_has_sent_nothing_and_is_made_again(secure_link, nao, fault, words):
    stack = Stack(secure_link.secure_url, answer_timeout=2.0)
    secure_link.lay(*fault)
    first = stack.up(lambda line: secure_link.mend() if "trying again" in line else None)
    assert (first.end, first.saved, nao.publications(910), nao.count("publish")) == (None, "success", 1, 1)
    assert f"cannot connect to {secure_link.secure_url}: {words}; trying again" in first.told[0]


@pytest.mark.parametrize("fault", [fault for fault, _ in LOST_HANDSHAKES.values()], ids=LOST_HANDSHAKES)
def test_a_secure_link_lost_under_a_wait_is_taken_up_again(secure_link, nao, fault):
    nao.add_site(910, job_seconds=0.2)
    stack = Stack(secure_link.secure_url, answer_timeout=1.0)

    def on_report(line):
        if "accepted" in line:
            secure_link.lay(*fault)
        elif "still waiting" in line:
            secure_link.mend()

    first = stack.up(on_report)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("in contact with NAO Cloud again" in line for line in first.told)


def test_wherever_a_secure_connection_is_cut_what_is_said_of_the_publication_is_true(secure_link, nao):
    """From the first byte of the handshake to the last of the answer."""
    ends = set()
    with NaoClient(KEY, secure_link.secure_url, answer_timeout=2.0) as client:
        for cut in range(0, 4000, 100):
            before = nao.publications(910)
            secure_link.lay("close", "downstream", after=cut)
            try:
                end = type(client.publish(910))
            except NaoError as error:
                end = type(error)
            started = nao.publications(910) - before
            assert started in {Job: {1}, MayHaveStarted: {0, 1}, ServerUnreachable: {0}}[end]
            ends.add(end)
            secure_link.mend()
    assert ends == {Job, MayHaveStarted, ServerUnreachable}


def test_a_secure_exchange_that_was_given_up_keeps_no_thread(secure_link):
    with NaoClient(KEY, secure_link.secure_url, answer_timeout=2.0) as client:
        job = client.publish(910)
        job.poll()
        secure_link.lay("silence", "downstream")
        with pytest.raises(PollFailed, match="no complete answer in time"):
            job.poll()
        wait_until(lambda: not exchanges())
