"""toxiproxy between the client and NAO Cloud: bytes that come late, piecemeal, in part, or not at all."""

import socket
import threading

import pytest

from pulumi_nao import NaoClient
from pulumi_nao.errors import LookFailed, MayHaveStarted, NaoError, ServerUnreachable, WaitCancelled, WaitTimedOut
from pulumi_nao.models import Job
from tests.few_threads import exchanges
from tests.network.run import KEY, SHORT, Stack
from tests.network.toxiproxy import FaultyLink
from tests.tools.machine import wait_until


@pytest.fixture
def far(link):
    """The stack, a link away from its server."""
    return Stack(link.url, answer_timeout=10.0)


@pytest.fixture
def impatient(link):
    return Stack(link.url, answer_timeout=1.0)


BEARABLE = {
    "latency": [("latency", "downstream", {"latency": 100, "jitter": 50})],
    "latency both ways": [("latency", "upstream", {"latency": 60}), ("latency", "downstream", {"latency": 60})],
    "narrow": [("bandwidth", "downstream", {"rate": 2})],
    "piecemeal": [
        ("slicer", "upstream", {"average_size": 20, "size_variation": 10, "delay": 100}),
        ("slicer", "downstream", {"average_size": 10, "size_variation": 5, "delay": 100}),
    ],
    "slow to close": [("slow_close", "downstream", {"delay": 300})],
}


@pytest.mark.parametrize("faults", BEARABLE.values(), ids=BEARABLE)
def test_a_bad_link_that_loses_nothing_publishes_once(link, nao, far, faults):
    for kind, stream, attributes in faults:
        link.fault(kind, stream, **attributes)
    first = far.up()
    again = far.up()
    assert (first.end, first.saved, again.end, nao.publications(910)) == (None, "success", None, 1)


# Each: the fault from the POST on, words of the first line, jobs that the server started.
LOST_POSTS = {
    "the request never arrives": (("timeout", "upstream", {"timeout": 100}), "closed without an answer", 0),
    "the request stops half-way": (("limit_data", "upstream", {"bytes": 60}), "closed without an answer", 0),
    "the request is swallowed in silence": (("timeout", "upstream", {"timeout": 0}), "no complete answer in time", 0),
    "the answer never arrives": (("timeout", "downstream", {"timeout": 100}), "closed without an answer", 1),
    "the answer is swallowed": (("timeout", "downstream", {"timeout": 0}), "closed without an answer", 1),
    "the answer stops in its first line": (("limit_data", "downstream", {"bytes": 8}), "the answer is not HTTP", 1),
    "the answer stops before its Location": (
        ("limit_data", "downstream", {"bytes": 60}),
        "the answer was cut short",
        1,
    ),
    "reset before the request was read": (("reset_peer", "upstream", {"timeout": 0}), "reset", 0),
    "reset before the answer was read": (("reset_peer", "downstream", {"timeout": 200}), "reset", 1),
}


@pytest.mark.parametrize(("fault", "words", "jobs"), LOST_POSTS.values(), ids=LOST_POSTS)
def test_a_publication_lost_on_the_link_is_told_and_published_again(link, nao, impatient, fault, words, jobs):
    kind, stream, attributes = fault
    link.fault(kind, stream, **attributes)
    first = impatient.up()
    assert (first.end, first.saved, first.job, nao.publications(910)) == (MayHaveStarted, "unknown", None, jobs)
    assert words in first.error.headline
    link.mend()
    assert (impatient.up().saved, nao.publications(910)) == ("success", jobs + 1)


def _answer_to_a_publication(nao, host):
    """The bytes of an answer, which are as many each time."""
    with socket.create_connection(("127.0.0.1", int(nao.url.rpartition(":")[2])), timeout=5) as connection:
        head = "POST /api/v2/sites/912/asset_tracking_config/publish HTTP/1.1"
        connection.sendall(f"{head}\r\nHost: {host}\r\nAuthorization: {KEY}\r\n\r\n".encode())
        return connection.makefile("rb").read()


@pytest.mark.parametrize("digits", range(6))
def test_an_answer_cut_in_the_number_of_its_job_names_no_other_job(link, nao, impatient, digits):
    whole = _answer_to_a_publication(nao, link.url.removeprefix("http://"))
    link.fault("limit_data", "downstream", bytes=whole.index(b"/48145\r\n") + 1 + digits)
    first = impatient.up()
    assert (first.end, first.saved, first.job) == (MayHaveStarted, "unknown", None)
    assert "the answer was cut short" in first.error.headline
    link.mend()
    assert (impatient.up().job, nao.publications(910)) == ("48147", 2)


def test_an_answer_cut_after_its_headers_still_names_the_job(link, nao, far):
    whole = _answer_to_a_publication(nao, link.url.removeprefix("http://"))
    link.fault("limit_data", "downstream", bytes=whole.index(b"\r\n\r\n") + 10)
    first = far.up(lambda line: link.mend() if "accepted" in line else None)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)


def test_a_link_that_is_down_has_sent_nothing(link, nao, far):
    link.cut()
    first = far.up(limit=SHORT)
    assert (first.end, first.saved, nao.count()) == (ServerUnreachable, "nothing", 0)
    assert "connection refused" in first.error.headline
    link.mend()
    assert (far.up().saved, nao.publications(910)) == ("success", 1)


def test_a_link_that_comes_up_in_time_publishes_once(link, nao, far):
    link.cut()
    first = far.up(lambda line: link.mend() if "trying again" in line else None)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)


LOST_LOOKS = {
    "cut": None,
    "reset": ("reset_peer", "downstream", {"timeout": 0}),
    "reset after the request": ("reset_peer", "upstream", {"timeout": 100}),
    "no request arrives": ("timeout", "upstream", {"timeout": 100}),
    "no answer arrives": ("timeout", "downstream", {"timeout": 100}),
    "silence": ("timeout", "downstream", {"timeout": 0}),
    "answers stop half-way": ("limit_data", "downstream", {"bytes": 200}),
    "a drip": ("bandwidth", "downstream", {"rate": 0}),
}


def _lay(link, fault):
    if fault is None:
        link.cut()
    else:
        kind, stream, attributes = fault
        link.fault(kind, stream, **attributes)


@pytest.mark.parametrize("fault", LOST_LOOKS.values(), ids=LOST_LOOKS)
def test_looks_lost_on_the_link_are_made_again(link, nao, impatient, fault):
    nao.add_site(910, job_seconds=0.2)

    def on_report(line):
        if "accepted" in line:
            _lay(link, fault)
        elif "still waiting" in line:
            link.mend()

    first = impatient.up(on_report)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("in contact with NAO Cloud again" in line for line in first.told)


@pytest.mark.parametrize("fault", LOST_LOOKS.values(), ids=LOST_LOOKS)
def test_a_link_lost_for_good_leaves_the_job_to_wait_for(link, nao, impatient, fault):
    nao.add_site(910, job_seconds=0.2)
    first = impatient.up(lambda line: _lay(link, fault) if "accepted" in line else None, limit=SHORT)
    assert (first.end, first.job) == (WaitTimedOut, "48145")
    assert "The last looks brought no news" in str(first.error)
    link.mend()
    assert (impatient.up().saved, nao.publications(910)) == ("success", 1)


def test_on_a_link_that_resets_half_of_all_connections_every_green_run_is_true(link, nao):
    link.fault("reset_peer", "downstream", toxicity=0.5, timeout=0)
    for _ in range(10):
        stack = Stack(link.url, answer_timeout=1.0)
        jobs = nao.publications(910)
        runs = [stack.up() for _ in range(2)]
        while runs[-1].end:
            runs.append(stack.up())
        assert stack.record.done
        lost = sum(1 for run in runs if run.end is MayHaveStarted)
        assert 1 <= nao.publications(910) - jobs <= 1 + lost


def test_a_cancel_while_the_answer_is_on_its_way_keeps_the_job(link, nao, far):
    nao.add_site(910, job_seconds=60)
    link.fault("latency", "downstream", latency=600)
    cancel = threading.Thread(target=lambda: (wait_until(lambda: nao.publications(910)), far.clock.cancel.set()))
    cancel.start()
    first = far.up()
    cancel.join()
    assert (first.end, first.job) == (WaitCancelled, "48145")
    nao.finish_job("48145")
    assert (far.up().saved, nao.publications(910)) == ("success", 1)


def test_a_cancel_ends_a_look_into_silence(link, nao):
    nao.add_site(910, job_seconds=60)
    stack = Stack(link.url, answer_timeout=60.0)

    def on_report(line):
        if "accepted" in line:
            link.fault("timeout", "downstream", timeout=0)
            threading.Timer(0.3, stack.clock.cancel.set).start()

    first = stack.up(on_report)
    assert (first.end, first.job) == (WaitCancelled, "48145")
    link.mend()
    nao.finish_job("48145")
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


@pytest.fixture
def secure_link(toxiproxy, nginx, authority, monkeypatch):
    """A link to nginx, which speaks TLS; its certificate is trusted."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    nginx.start(authority.directives(), tls=True)
    link = FaultyLink(toxiproxy, nginx.url)
    yield link
    link.remove()


LOST_HANDSHAKES = {
    "closed at once": ("limit_data", "upstream", {"bytes": 0}),
    "closed in the server's part": ("limit_data", "downstream", {"bytes": 500}),
    "reset": ("reset_peer", "downstream", {"timeout": 0}),
    "silent": ("timeout", "downstream", {"timeout": 0}),
}


@pytest.mark.parametrize("fault", LOST_HANDSHAKES.values(), ids=LOST_HANDSHAKES)
def test_a_handshake_that_is_lost_has_sent_nothing_and_is_made_again(secure_link, nao, fault):
    kind, stream, attributes = fault
    stack = Stack(secure_link.url.replace("http:", "https:"), answer_timeout=2.0)
    secure_link.fault(kind, stream, **attributes)
    first = stack.up(lambda line: secure_link.mend() if "trying again" in line else None)
    assert (first.end, first.saved, nao.publications(910), nao.count("publish")) == (None, "success", 1, 1)


@pytest.mark.parametrize("fault", LOST_HANDSHAKES.values(), ids=LOST_HANDSHAKES)
def test_a_secure_link_lost_under_a_wait_is_taken_up_again(secure_link, nao, fault):
    nao.add_site(910, job_seconds=0.2)
    stack = Stack(secure_link.url.replace("http:", "https:"), answer_timeout=1.0)
    kind, stream, attributes = fault

    def on_report(line):
        if "accepted" in line:
            secure_link.fault(kind, stream, **attributes)
        elif "still waiting" in line:
            secure_link.mend()

    first = stack.up(on_report)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("in contact with NAO Cloud again" in line for line in first.told)


def test_wherever_a_secure_connection_is_cut_what_is_said_of_the_publication_is_true(secure_link, nao):
    """From the first byte of the handshake to the last of the answer."""
    ends = set()
    with NaoClient(KEY, secure_link.url.replace("http:", "https:"), answer_timeout=2.0) as client:
        for cut in range(0, 4000, 100):
            before = nao.publications(910)
            secure_link.fault("limit_data", "downstream", bytes=cut)
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
    with NaoClient(KEY, secure_link.url.replace("http:", "https:"), answer_timeout=2.0) as client:
        job = client.publish(910)
        job.look()
        secure_link.fault("timeout", "downstream", timeout=0)
        with pytest.raises(LookFailed, match="no complete answer in time"):
            job.look()
        wait_until(lambda: not exchanges())
