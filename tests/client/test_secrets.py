"""The key goes to one server, and into no text: errors, logs, standard error, tracebacks with their variables."""

import base64
import http.client
import json
import logging
import socket
import traceback
from contextlib import contextmanager, suppress
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulumi_nao import NaoClient, jobs, text
from pulumi_nao.cloud import library_logs
from pulumi_nao.cloud.key import key_problem
from pulumi_nao.errors import ConfigurationError, JobFailed, MayHaveStarted, NaoError, PollFailed
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator import Answer, Simulator
from pulumi_nao.text import printable
from tests.attempts import wanted
from tests.client.serving import serving
from tests.core.fake_clock import FakeClock
from tests.leaks import leaks_in

KEY = "k-0123456789-host-tier"
JOB = "/api/v2/background_jobs/48145"
PLAIN = st.characters(min_codepoint=33, max_codepoint=126)
KEYS_THAT_CAN_BE_SENT = st.from_regex(r"[!#-&(-_a-~][!-~]{7,60}", fullmatch=True).filter(
    lambda key: not key.lower().startswith(("bearer", "basic", "token", "authorization"))
)


def encodings(key):
    return [
        key,
        quote(key, safe=""),
        quote(quote(key, safe=""), safe=""),
        json.dumps(key),
        base64.b64encode(key.encode()).decode(),
        base64.urlsafe_b64encode(b"user:" + key.encode() + b"\n").decode(),
        key.encode().hex(),
        key.upper(),
    ]


@given(KEYS_THAT_CAN_BE_SENT, st.text(), st.integers(0, 7))
def test_no_form_of_a_key_survives_in_a_servers_words(key, around, form):
    assert leaks_in(printable(f"{around} {encodings(key)[form]} {around}", [key]), [key]) == []


@pytest.mark.parametrize(
    "key", [KEY + "\n", "k-0123\r\n456789", "schlüssel-01234", "k 0123456789", '"k-0123456789"', "k-01234"]
)
def test_a_key_that_cannot_be_sent_is_refused_without_being_repeated(key):
    with pytest.raises(ConfigurationError) as caught:
        NaoClient(key)
    assert key not in everything_of(caught.value)
    assert repr(key) not in everything_of(caught.value)


@given(st.text(st.characters(), min_size=8).filter(lambda key: len(key.strip()) >= 8 and key_problem(key)))
def test_whatever_cannot_be_sent_is_refused_without_being_repeated(key):
    with pytest.raises(ConfigurationError) as caught:
        NaoClient(key)
    assert leaks_in(everything_of(caught.value), [key, repr(key)]) == []


@contextmanager
def answering(answer):
    """A server that gives every connection the same bytes, and remembers what it was sent."""
    received = []

    def handle(connection):
        received.append(connection.recv(65536))
        connection.sendall(answer)

    with serving(handle) as port:
        yield f"http://127.0.0.1:{port}", received


def echo(key, status=401):
    """An answer that repeats the key wherever an answer has a place for words."""
    body = json.dumps({"errors": [key, *encodings(key)], "data": {"attributes": {"status": key}}})
    return Answer(status, headers={"x-request-id": quote(key), "Retry-After": quote(key)}, body=body)


def everything_of(error):
    """What a crash reporter would send: the whole chain, with the variables of every frame."""
    shown = [repr(error), str(error)]
    chain = [error]
    while chain:
        link = chain.pop()
        rendered = traceback.TracebackException.from_exception(link, capture_locals=True, compact=False)
        for frame in rendered.stack:
            if "/tests/" not in frame.filename.replace("\\", "/"):
                shown += [f"{name} = {value}" for name, value in (frame.locals or {}).items()]
        shown += [str(link), repr(link), *rendered.format_exception_only()]
        chain += [inner for inner in (link.__cause__, link.__context__) if inner is not None]
    return "\n".join(shown)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=KEYS_THAT_CAN_BE_SENT, status=st.sampled_from([200, 303, 401, 403, 404, 422, 429, 500, 503]))
def test_an_error_holds_no_form_of_any_key_even_in_the_variables_of_its_traceback(key, status):
    with Simulator() as nao:
        nao.add_key(key)
        nao.add_site(910)
        nao.script("publish", echo(key, status))
        with NaoClient(key, nao.url) as client, pytest.raises(NaoError) as caught:
            client.publish(910)
    assert leaks_in(everything_of(caught.value), [key]) == []


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500])
def test_a_look_that_fails_holds_no_form_of_the_key(nao, status):
    nao.script("job", echo(KEY, status))
    with NaoClient(KEY, nao.url) as client:
        job = client.publish(910)
        with pytest.raises(PollFailed) as caught:
            job.poll()
    assert leaks_in(everything_of(caught.value), [KEY]) == []


def test_a_job_of_the_wrong_shape_holds_no_form_of_the_key(nao):
    nao.script("job", Answer(200, body={"data": {"attributes": {"status": encodings(KEY)}}}))
    with NaoClient(KEY, nao.url) as client:
        job = client.publish(910)
        with pytest.raises(PollFailed) as caught:
            job.poll()
    assert leaks_in(everything_of(caught.value), [KEY]) == []


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200", b"garbage\r\n\r\n", b"HTTP/1.1 303 X\r\nLocation: /ba"])
def test_a_broken_exchange_holds_no_key(answer):
    with answering(answer) as (url, _), NaoClient(KEY, url) as client, pytest.raises(MayHaveStarted) as caught:
        client.publish(910)
    assert leaks_in(everything_of(caught.value), [KEY]) == []


def test_a_server_that_is_not_there_leaves_no_key_behind():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with NaoClient(KEY, f"http://127.0.0.1:{port}") as client, pytest.raises(NaoError) as caught:
        client.publish(910)
    assert leaks_in(everything_of(caught.value), [KEY]) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=KEYS_THAT_CAN_BE_SENT)
def test_a_job_with_the_key_in_its_words_brings_it_into_no_progress_no_record_and_no_error(key):
    lines = []
    words = {"status": f"at {key}", "message": " ".join(encodings(key)), "has_finished": False}
    with Simulator(job_seconds=60.0) as nao:
        nao.add_key(key)
        nao.add_site(910)
        for finished in (False, False, True):
            state = {**words, "has_finished": finished}
            nao.script("job", Answer(200, body={"data": {"attributes": state}}))
        with NaoClient(key, nao.url, clock=FakeClock()) as client:
            outcome = Runner(client, FakeClock()).run(wanted(910, "a", client.base_url), report=lines.append)
    assert isinstance(outcome.error, JobFailed)
    assert leaks_in("\n".join([*lines, repr(outcome), everything_of(outcome.error)]), [key]) == []


def test_libraries_at_their_most_talkative_print_no_key(nao, caplog, capfd, monkeypatch):
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 9)
    caplog.set_level(logging.DEBUG)
    with NaoClient(KEY, nao.url) as client:
        jobs.wait(client.publish(910))
    assert "/publish" in caplog.text
    assert leaks_in(caplog.text + "".join(capfd.readouterr()), [KEY]) == []


def test_headers_that_cannot_be_read_are_logged_in_one_clean_line(caplog):
    words = f"\x1b[31mno header {KEY} {quote(KEY)}".encode()
    answer = b"HTTP/1.1 401 No\r\n" + words + b"\r\nContent-Length: 0\r\n\r\n"
    with answering(answer) as (url, _), NaoClient(KEY, url) as client, pytest.raises(NaoError):
        client.publish(910)
    for record in caplog.records:
        assert record.getMessage().isprintable()
        assert record.exc_info is None
    assert leaks_in(caplog.text, [KEY]) == []


def test_another_users_log_records_keep_their_traceback(nao, caplog):
    with NaoClient(KEY, nao.url):
        pass
    trouble = ValueError("somebody else's")
    logging.getLogger("urllib3.connectionpool").error("of %s, with %s", "somebody", KEY, exc_info=trouble)
    [record] = caplog.records
    assert record.getMessage() == "of somebody, with [redacted]"
    assert record.exc_info is not None


def test_a_key_that_comes_while_a_record_is_cleaned_is_no_trouble(monkeypatch, caplog):
    forms = text._forms

    def forms_while_another_key_comes(secret):
        library_logs.protect(f"another-{secret}")
        return forms(secret)

    monkeypatch.setattr(library_logs._FILTER, "secrets", frozenset())
    library_logs.protect(KEY)
    monkeypatch.setattr(text, "_forms", forms_while_another_key_comes)
    logging.getLogger("urllib3.connectionpool").error("with %s", KEY)
    assert caplog.messages == ["with [redacted]"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["publish", "job"])
def test_no_redirect_is_followed_and_no_other_origin_gets_a_request(nao, status, where):
    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with answering(good) as (other, received), NaoClient(KEY, nao.url) as client:
        nao.script(where, Answer(status, headers={"Location": other + JOB}))
        with suppress(NaoError):
            client.publish(910).poll()
        assert received == []


def test_netrc_neither_replaces_the_key_nor_goes_out(tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password of-the-netrc-file\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with answering(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as (url, received), NaoClient(KEY, url) as client:
        with pytest.raises(NaoError):
            client.publish(910)
        assert f"\r\nAuthorization: {KEY}\r\n".encode() in received[0]
        assert leaks_in(received[0].decode(), ["of-the-netrc-file"]) == []


def test_repr_of_client_and_what_it_holds_shows_no_key(nao):
    with NaoClient(KEY, nao.url) as client:
        shown = f"{client!r} {client} {client._auth!r} {client._polls!r} {client.job('1')!r}"
    assert leaks_in(shown, [KEY]) == []
