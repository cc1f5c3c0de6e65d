"""The client over real sockets, against the simulator."""

import gzip
import socket
import threading

import pytest
import requests

from pulumi_nao import NaoClient, wait
from pulumi_nao.cloud.exchange import Exchange, WatchedAdapter
from pulumi_nao.cloud.key import ApiKey
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.cloud.transport import BareToken, new_session
from pulumi_nao.config.settings import Settings
from pulumi_nao.errors import (
    AccessDenied,
    ConfigurationError,
    ContactLost,
    HeldBack,
    JobFailed,
    KeyNotAccepted,
    MayHaveStarted,
    NotSent,
    PollDenied,
    PollFailed,
    PollNotFound,
    PollSenseless,
    Rejected,
    ServerUnreachable,
    TooManyRequests,
)
from pulumi_nao.simulator import Answer, HangUp
from pulumi_nao.waiting.clock import Deadline, SystemClock
from pulumi_nao.waiting.threads import ACTION_THREADS
from tests.core.fake_clock import FakeClock
from tests.faults.catalogue import fault
from tests.faults.catalogue.connection import Garbled

KEY = "k-0123456789-host-tier"
JOB = "/api/v2/background_jobs/48145"


@pytest.fixture
def client(nao):
    with NaoClient(KEY, nao.url) as client:
        yield client


def test_a_publication_gives_a_job_and_waiting_its_end(client, nao):
    job = client.publish(910)
    assert (job.operation, job.id, job.url) == ("publication of site 910", "48145", nao.url + JOB)
    assert wait(job).succeeded


def test_a_job_that_fails_raises_its_words(client):
    with pytest.raises(JobFailed, match=r"Missing graph or indoor area. Please add\."):
        wait(client.publish(911))


def test_the_documented_headers_are_sent(client, nao):
    client.publish(910)
    [request] = nao.requests
    sent = {name: request.headers[name] for name in ("accept", "accept-encoding", "content-type")}
    assert sent == {
        "accept": "application/vnd.api+json",
        "accept-encoding": "identity",
        "content-type": "application/json",
    }
    assert (request.method, request.key, request.body_size) == ("POST", "right", 0)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (303, {"Location": JOB}),
        (303, {"Location": "http://127.0.0.1:1/api/v2/background_jobs/48145"}),
        (303, {"Location": "https://127.0.0.1/inner/background_jobs/48145/"}),
        (202, {"Location": JOB}),
    ],
)
def test_only_the_jobs_id_is_taken_from_the_location(client, nao, status, headers):
    nao.script("publish", Answer(status, headers=headers))
    assert client.publish(910).url == nao.url + JOB


@pytest.mark.parametrize("body", [{"data": {"id": "7"}}, {"data": {"id": 7}}])
def test_an_accepted_job_may_be_named_in_the_body(client, nao, body):
    nao.script("publish", Answer(202, body=body))
    assert client.publish(910).id == "7"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(303), "the 303 See Other names no job"),
        (Answer(202, body={"job": 1}), "the 202 Accepted names no job"),
        (
            Answer(303, headers={"Location": "https://evil.example/background_jobs/1"}),
            "on another host, evil.example",
        ),
        (Answer(303, headers={"Location": "javascript:alert(1)"}), "is not an address"),
        (Answer(303, headers={"Location": "/api/v2/sites/910"}), "names no background job"),
        (Answer(303, headers={"Location": "http://[bad/background_jobs/1"}), "is not an address"),
        (Answer(200), "the server answered 200"),
        (Answer(204), "the server answered 204"),
        (Answer(302, headers={"Location": JOB}), "the server answered 302"),
        (Answer(408), "the server answered 408"),
        (Answer(500), "the server answered 500"),
        (Answer(502, body="<html>"), "the server answered 502"),
        (Answer(503), "the server answered 503"),
        (HangUp(), "the connection was closed without an answer"),
        (HangUp(after_effect=True), "the connection was closed without an answer"),
    ],
)
def test_an_answer_that_tells_nothing_may_have_started_and_is_not_repeated(client, nao, answer, reason):
    nao.script("publish", answer)
    with pytest.raises(MayHaveStarted) as caught:
        client.publish(910)
    assert reason in caught.value.headline
    assert nao.count("publish") == 1
    assert nao.count() == 1


def test_a_lost_answer_leaves_one_job(client, nao):
    nao.script("publish", HangUp(after_effect=True))
    with pytest.raises(MayHaveStarted):
        client.publish(910)
    assert nao.publications(910) == 1


def test_a_wrong_key_names_its_origin_and_the_two_kinds(nao):
    with pytest.raises(KeyNotAccepted) as caught:
        NaoClient(ApiKey("wrong-key", "configuration nao:apiKey"), nao.url).publish(910)
    text = str(caught.value)
    assert "The key came from configuration nao:apiKey." in text
    assert "A site's API key (Developers > API Keys) is another kind." in text


def test_the_places_of_a_key_are_those_of_its_own_namespace(nao):
    nao.script("job", Answer(401))
    nao.add_key("good-key")
    wrong = Settings(None, {"NAO_EU_API_KEY": "wrong-key"}).api_key("nao-eu")
    good = Settings(None, {"NAO_EU_API_KEY": "good-key"}).api_key("nao-eu")
    with NaoClient(wrong, nao.url) as client, pytest.raises(KeyNotAccepted) as of_post:
        client.publish(910)
    with NaoClient(good, nao.url) as client, pytest.raises(ContactLost) as of_wait:
        wait(client.publish(910))
    places = "in Pulumi's configuration (nao-eu:apiKey), then in the environment (NAO_EU_API_KEY)"
    assert places in str(of_post.value)
    assert places in str(of_wait.value)


def test_a_key_that_was_looked_for_nowhere_is_told_of_no_places(nao):
    with pytest.raises(KeyNotAccepted) as caught:
        NaoClient("wrong-key", nao.url).publish(910)
    assert "Pulumi's configuration" not in str(caught.value)
    assert "the account's (auth_token on the user's My Profile page) or a JWT, bare" in str(caught.value)


def test_a_key_without_the_right_names_the_roles(nao):
    nao.add_key("narrow-key", sites=[912])
    with pytest.raises(AccessDenied, match="403 Forbidden") as caught:
        NaoClient("narrow-key", nao.url).publish(910)
    assert "Site creator, Site admin and Tracking manager" in str(caught.value)


@pytest.mark.parametrize("status", [400, 404, 406, 409, 422])
def test_other_refusals_are_told_with_the_servers_words(client, nao, status):
    nao.script("publish", Answer(status, body={"errors": ["no such thing"]}))
    with pytest.raises(Rejected) as caught:
        client.publish(910)
    assert "\n  The server's words: no such thing" in str(caught.value)


JSON_API = {"status": "422", "title": "Unprocessable", "detail": "The site has no graph."}


@pytest.mark.parametrize(
    ("errors", "words"),
    [
        ("No graph.", "No graph."),
        (["No graph.", "No area."], "No graph; No area."),
        ([JSON_API], "Unprocessable: The site has no graph."),
        ([JSON_API, {"title": "Busy"}], "Unprocessable: The site has no graph; Busy"),
        ([{"title": "No graph", "detail": "No graph"}], "No graph"),
        (JSON_API, "Unprocessable: The site has no graph."),
        ({"base": ["No graph.", "No area."]}, "No graph; No area."),
        ({"base": "No graph", "name": ["is taken", "is too long"]}, "No graph; name is taken; name is too long"),
        ([{"status": "422"}], '[{"status": "422"}]'),
        (["No graph", {"code": 7}], '["No graph", {"code": 7}]'),
        ([{"title": 5, "detail": None}], '[{"title": 5, "detail": null}]'),
        ({"name": {"is": "taken"}}, '{"name": {"is": "taken"}}'),
        ([], "[]"),
        ({}, "{}"),
        (7, "7"),
    ],
    ids=repr,
)
def test_the_servers_words_are_a_sentence_where_their_form_is_known(client, nao, errors, words):
    nao.script("publish", Answer(422, body={"errors": errors}))
    with pytest.raises(Rejected) as caught:
        client.publish(910)
    assert caught.value.said == words


@pytest.mark.parametrize(
    ("status", "header", "seconds"), [(429, None, None), (429, "7", 7.0), (503, "3", 3.0), (429, "soon", None)]
)
def test_a_busy_server_says_when_to_come_back(client, nao, status, header, seconds):
    nao.script("publish", Answer(status, headers={"Retry-After": header} if header else {}))
    with pytest.raises(TooManyRequests) as caught:
        client.publish(910)
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("date", "seconds"),
    [("Fri, 31 Dec 1999 23:59:59 GMT", 59.0), ("Fri, 31 Dec 1999 23:00:00 GMT", 0.0)],
)
def test_a_date_to_come_back_at_is_meant_by_the_servers_clock(client, nao, date, seconds):
    headers = {"Date": "Fri, 31 Dec 1999 23:59:00 GMT", "Retry-After": date}
    nao.script("publish", Answer(429, headers=headers))
    with pytest.raises(TooManyRequests) as caught:
        client.publish(910)
    assert caught.value.retry_after == seconds


def test_without_a_date_of_the_answer_our_clock_counts(nao):
    clock = FakeClock()
    nao.script("publish", Answer(429, headers={"Date": "now", "Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT"}))
    with NaoClient(KEY, nao.url, clock=clock) as client, pytest.raises(TooManyRequests) as caught:
        client.publish(910)
    assert caught.value.retry_after == 30.0


def test_a_server_that_is_not_there_was_sent_nothing():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ServerUnreachable, match="connection refused") as caught:
        NaoClient(KEY, f"http://127.0.0.1:{port}").publish(910)
    assert caught.value.may_pass


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(401), PollDenied),
        (Answer(403), PollDenied),
        (Answer(404), PollNotFound),
        (Answer(410), PollNotFound),
        (Answer(302, headers={"Location": JOB}), PollSenseless),
        (Answer(422), PollSenseless),
        (Answer(200, body={"data": {}}), PollSenseless),
        (Answer(200, body={"data": {"attributes": {"status": "x", "has_finished": "yes"}}}), PollSenseless),
    ],
)
def test_a_look_that_brings_no_job_says_why(client, nao, answer, error):
    nao.script("job", answer)
    job = client.publish(910)
    with pytest.raises(error):
        job.poll()


@pytest.mark.parametrize(
    "answer",
    [Answer(429), Answer(500), Answer(502), Answer(200, body="<html>"), Answer(200, body='{"data"'), HangUp()],
)
def test_a_look_can_fail_in_passing(client, nao, answer):
    nao.script("job", answer)
    job = client.publish(910)
    with pytest.raises(PollFailed) as caught:
        job.poll()
    assert type(caught.value) is PollFailed
    assert job.poll().succeeded


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("reset-after", "the connection was reset"),
        ("hang-up-after", "the connection was closed without an answer"),
        ("truncate-headers", "the answer was cut short"),
        ("truncate-body", "the answer was cut short"),
        ("length-too-long", "the answer was cut short"),
        ("bad-chunks", "the answer was cut short"),
        ("length-twice", "the headers of the answer make no sense"),
        ("huge-header", "the headers of the answer make no sense"),
        ("many-headers", "the headers of the answer make no sense"),
        ("not-http", "the answer is not HTTP"),
        ("huge-body", "the answer is far larger than expected"),
        ("gzip-bomb", "the answer is far larger than expected"),
        ("gzip-broken", "the answer could not be decompressed"),
        ("html-502", "the server answers 502 Bad Gateway"),
        ("json-cut", "the answer is not JSON, perhaps a page of a proxy or cut short"),
        ("json-null", "the answer is no job: JSON: Input should be an object"),
    ],
)
def test_a_look_without_news_says_in_our_words_why(client, nao, name, reason):
    nao.script("job", fault(name))
    with pytest.raises(PollFailed) as caught:
        client.publish(910).poll()
    assert caught.value.headline == reason


def test_a_header_that_makes_no_sense_is_passed_over_in_silence(client, nao, caplog):
    nao.script("publish", fault("bad-header"))
    assert client.publish(910).id == "48145"
    assert caplog.records == []


def test_a_compressed_answer_is_read_although_nobody_asked_for_it(client, nao):
    body = gzip.compress(b'{"data": {"attributes": {"status": "success", "has_finished": true}}}')
    nao.script("job", Answer(200, {"Content-Encoding": "gzip"}, body))
    assert client.publish(910).poll().succeeded


@pytest.mark.parametrize(("coding", "cut"), [("br", 0), ("gzip", 10)])
def test_an_answer_that_cannot_be_decompressed_is_no_news(client, nao, coding, cut):
    body = gzip.compress(b"{}")
    nao.script("job", Answer(200, {"Content-Encoding": coding}, body[: len(body) - cut]))
    with pytest.raises(PollFailed, match="could not be decompressed"):
        client.publish(910).poll()


def test_a_huge_answer_is_not_read(client, nao):
    nao.script("job", Answer(200, body="x" * 2_000_000))
    with pytest.raises(PollFailed, match="far larger than expected"):
        client.publish(910).poll()


@pytest.mark.parametrize("cut", [1, 4, 20, 100])
def test_headers_that_were_cut_short_name_no_job(client, nao, cut):
    whole = b"HTTP/1.1 303 See Other\r\nDate: now\r\nLocation: " + JOB.encode() + b"\r\n\r\n"
    nao.script("publish", Garbled(lambda _head, _body: whole[:-cut]))
    with pytest.raises(MayHaveStarted):
        client.publish(910)


def test_two_locations_name_no_job(client, nao):
    nao.script(
        "publish",
        Garbled(lambda head, body: head.replace(b"location:", b"location: /x/background_jobs/9\r\nlocation:") + body),
    )
    with pytest.raises(MayHaveStarted, match="the answer has more than one Location"):
        client.publish(910)


def test_a_location_that_is_said_twice_names_its_job(client, nao):
    line = f"Location: {JOB}\r\n".encode()
    nao.script("publish", Garbled(lambda _head, _body: b"HTTP/1.1 303 See Other\r\n" + line + line + b"\r\n"))
    assert client.publish(910).id == "48145"


EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"


@pytest.mark.parametrize("early", [EARLY, EARLY * 2, b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY])
def test_answers_that_come_ahead_of_the_answer_are_passed_over(client, nao, early):
    nao.script("publish", Garbled(lambda head, body: early + head + body))
    nao.script("job", Garbled(lambda head, body: early + head + body))
    assert client.publish(910).poll().succeeded


def test_an_answer_ahead_of_none_names_no_job(client, nao):
    nao.script("publish", Garbled(lambda _head, _body: EARLY))
    with pytest.raises(MayHaveStarted, match="the connection was closed without an answer"):
        client.publish(910)


def test_another_id_in_the_body_is_ignored(client, nao):
    body = {"data": {"id": "1", "attributes": {"id": 1, "status": "success", "has_finished": True, "new": 1}}}
    nao.script("job", Answer(200, body=body))
    assert client.publish(910).poll().succeeded


def test_odd_times_do_not_spoil_a_job(client, nao):
    attributes = {"status": "success", "has_finished": True, "created_at": "yesterday", "updated_at": 5}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    assert client.publish(910).poll().duration is None


@pytest.mark.parametrize("created", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_at_the_edge_of_the_calendar_do_not_spoil_a_job(client, nao, created):
    attributes = {"status": "success", "has_finished": True, "created_at": created}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    assert client.publish(910).poll().created_at is None


@pytest.mark.parametrize("body", ["null", "[]", '"success"', "1e999"])
def test_json_that_is_no_object_is_no_job(client, nao, body):
    nao.script("job", Answer(200, body=body))
    with pytest.raises(PollSenseless, match="the answer is no job: JSON: Input should be an object"):
        client.publish(910).poll()


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"imported": 3}, '{"imported": 3}'),
        (["a", None], '["a", null]'),
        (5, "5"),
        (False, "false"),
        ({"key": f"\x1b[31m{KEY}"}, '{"key": "\\u001b[31m[redacted]"}'),
        (["x" * 1000], '["' + "x" * 497 + "…"),
    ],
    ids=["object", "array", "number", "boolean", "key", "long"],
)
def test_a_message_that_is_no_text_does_not_hide_the_end_of_a_job(client, nao, message, words):
    attributes = {"status": "success", "has_finished": True, "message": message}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    state = client.publish(910).poll()
    assert (state.succeeded, state.message) == (True, words)


def test_what_the_server_echoes_of_the_key_is_redacted(client, nao):
    attributes = {"status": "failure", "has_finished": True, "message": f"\x1b[31mbad {KEY}"}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    assert client.publish(910).poll().message == "bad [redacted]"


def test_netrc_does_not_replace_the_key(client, nao, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login mallory password x\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    client.publish(910)
    assert nao.requests[0].key == "right"


def test_loopback_never_goes_through_a_proxy(nao, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert NaoClient(KEY, nao.url).publish(910).id == "48145"


def test_cookies_are_not_kept(client, nao):
    good = {"data": {"attributes": {"status": "In progress", "has_finished": False}}}
    nao.script("job", Answer(200, headers={"Set-Cookie": "a=b"}, body=good))
    job = client.publish(910)
    job.poll()
    job.poll()
    assert "cookie" not in nao.requests[-1].headers


def test_the_key_is_in_no_repr(client):
    assert KEY not in repr(client)
    assert KEY not in repr(BareToken(KEY))


@pytest.mark.parametrize(("key", "url"), [("a b", "https://x.example"), (KEY, "http://x.example")])
def test_a_client_is_not_made_with_what_cannot_work(key, url):
    with pytest.raises(ConfigurationError):
        NaoClient(key, url)


def test_an_answer_that_drips_for_ever_ends_and_so_does_its_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def drip():
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.settimeout(0.05)
                received = None
                while received != b"":
                    try:
                        connection.send(b"H")
                        received = connection.recv(10_000)
                    except TimeoutError:
                        continue
                    except ConnectionError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(MayHaveStarted, match="no complete answer in time"):
            NaoClient(KEY, f"http://127.0.0.1:{port}", answer_timeout=0.3).publish(910)
        thread.join(10)
        assert not thread.is_alive()


def test_what_was_given_up_is_not_sent_later(nao):
    with ACTION_THREADS.borrowed(SystemClock()) as worker, new_session(WatchedAdapter(1), direct=True) as session:
        exchange = Exchange(worker)
        exchange.give_up()
        with pytest.raises(requests.ConnectionError):
            exchange.run(lambda: session.post(nao.url), 10, lambda: False, 0)
    assert nao.count() == 0
    assert not exchange.connected


def test_nothing_is_sent_after_a_cancel(nao):
    with pytest.raises(NotSent, match="cancelled before it began"):
        NaoClient(KEY, nao.url, clock=FakeClock(cancel_at=0)).publish(910)
    assert nao.count() == 0


def test_json_of_endless_depth_is_no_news(client, nao):
    nao.script("job", Answer(200, body="[" * 100_000))
    with pytest.raises(PollFailed):
        client.publish(910).poll()


def test_words_of_endless_depth_do_not_hide_a_refusal(client, nao):
    nao.script("publish", Answer(422, body="[" * 100_000))
    with pytest.raises(Rejected):
        client.publish(910)


def test_a_refusal_whose_body_cannot_be_read_is_still_a_refusal(client, nao):
    nao.script("publish", Answer(403, body="x" * 2_000_000))
    with pytest.raises(AccessDenied):
        client.publish(910)


def test_nothing_is_sent_when_the_turn_comes_at_the_deadline(nao):
    clock = FakeClock()
    rate_limiter = RateLimiter(clock, requests_per_second=1)
    rate_limiter.acquire()
    with NaoClient(KEY, nao.url, clock=clock, rate_limiter=rate_limiter) as client, pytest.raises(HeldBack):
        client.publish(910, Deadline(1, "default", clock))
    assert nao.publications() == 0
