"""Calls over real sockets: what is sent, what each answer means, and that a secret body comes back in no word."""

import json
import logging
import threading
from http import HTTPStatus
from urllib.parse import quote

import pytest

from pulumi_nao import Action, Done, NaoClient, __version__, jobs
from pulumi_nao.errors import (
    AccessDenied,
    JobFailed,
    KeyNotAccepted,
    MayHaveStarted,
    NaoError,
    NotSent,
    PollFailed,
    Rejected,
    TooManyRequests,
    WaitTimedOut,
)
from pulumi_nao.lifecycle import Runner
from pulumi_nao.models import WITHHELD, publication
from pulumi_nao.simulator import Answer, HangUp
from pulumi_nao.waiting.clock import Limit
from tests.attempts import call
from tests.client.serving import serving
from tests.client.test_secrets import answering, encodings, everything_of
from tests.core.fake_clock import FakeClock
from tests.faults.catalogue import fault
from tests.leaks import leaks_in
from tests.tools.machine import wait_until

KEY = "k-0123456789-host-tier"
PATH = "sites/910/import"
CALL = Action(f"POST {PATH}", PATH)
JOB = "/api/v2/background_jobs/48145"
SECRET = "Hunter2-Hunter2"
WITH_SECRET = Action(f"PUT {PATH}", PATH, "PUT", {"token": SECRET}, is_secret=True)
WATCHER = {"id": "48145", "type": "job_watcher", "attributes": {"status": "In progress", "has_finished": False}}


@pytest.fixture
def nao(nao):
    """A server that starts a job for the call, unless a script says otherwise."""
    for method in ("POST", "PUT"):
        nao.add_action(method, PATH)
    return nao


@pytest.fixture
def client(nao):
    with NaoClient(KEY, nao.url) as client:
        yield client


def answered(nao, *replies):
    nao.script("action", *replies)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("body", "length"), [(None, 0), ({}, 2), ([], 2), ({"rows": [1.0, "ü"]}, 17)], ids=repr)
def test_one_request_carries_method_path_and_body(client, nao, method, body, length):
    assert client.start(Action("x", PATH, method, body)).id == "48145"
    (request,) = nao.requests
    assert (request.call, request.key, request.body) == (f"{method} {PATH}", "right", body)
    sent = {name: request.headers.get(name) for name in ("accept", "content-type", "content-length")}
    assert sent == {
        "accept": "application/vnd.api+json",
        "content-type": "application/json",
        "content-length": str(length),
    }


def test_the_bytes_on_the_wire():
    sent = '{"n":5,"name":"größe"}'.encode()
    received = bytearray()

    def handle(connection):
        while not received.endswith(sent):
            received.extend(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(handle) as port, NaoClient(KEY, f"http://127.0.0.1:{port}") as client:
        assert client.start(Action("x", PATH, "PUT", {"n": 5.0, "name": "größe"})) == Done(None)
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    request, *headers = head.decode().split("\r\n")
    assert request == f"PUT /api/v2/{PATH} HTTP/1.1"
    assert sorted(headers) == [
        "Accept-Encoding: identity",
        "Accept: application/vnd.api+json",
        f"Authorization: {KEY}",
        "Connection: keep-alive",
        f"Content-Length: {len(sent)}",
        "Content-Type: application/json",
        f"Host: 127.0.0.1:{port}",
        f"User-Agent: pulumi-nao/{__version__}",
    ]
    assert body == sent


@pytest.mark.parametrize(
    ("answer", "document"),
    [
        (Answer(204), None),
        (Answer(200), None),
        (Answer(201), None),
        (Answer(200, body=" \r\n"), None),
        (Answer(200, body="{}"), {}),
        (Answer(200, body='"ok"'), "ok"),
        (Answer(200, body={"data": [{"id": 1}]}), {"data": [{"id": 1}]}),
        (Answer(201, body={"data": {"id": "7"}}), {"data": {"id": "7"}}),
        (Answer(201, {"Location": "/api/v2/sites/911"}, {"data": {"id": "911"}}), {"data": {"id": "911"}}),
        (Answer(201, {"Location": "https://evil.example/sites/911"}), None),
        (Answer(201, {"Location": "http://[bad"}), None),
        (Answer(200, body={"data": {"type": "site", "id": "7"}}), {"data": {"type": "site", "id": "7"}}),
        (Answer(200, body={"data": {"type": ["job_watcher"]}}), {"data": {"type": ["job_watcher"]}}),
        (Answer(200, body=json.dumps(["errors"])), ["errors"]),
        (Answer(200, body={"data": {"errors": ["of another"]}}), {"data": {"errors": ["of another"]}}),
        (Answer(200, body={"key": KEY, f"a {KEY}": [KEY]}), {"key": "[redacted]", "a [redacted]": ["[redacted]"]}),
        (Answer(200, body=b"\xef\xbb\xbf{}"), {}),
        (Answer(200, {"Transfer-Encoding": "chunked"}, {"data": 1}), {"data": 1}),
    ],
    ids=repr,
)
def test_an_answer_that_names_no_job_says_that_all_is_done(client, nao, answer, document):
    answered(nao, answer)
    assert client.start(CALL) == Done(document)
    assert nao.count() == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(303, {"Location": JOB}),
        Answer(202, {"Location": JOB}),
        Answer(202, body={"data": WATCHER}),
        Answer(202, body={"data": {"id": 48145}}),
        Answer(200, body={"data": WATCHER}),
        Answer(201, body={"data": WATCHER}),
        Answer(201, {"Location": JOB}),
        Answer(200, {"Location": JOB}, "<html>"),
        Answer(201, {"Location": f"{JOB}?from=import"}),
        Answer(201, {"Location": JOB.lstrip("/")}),
        Answer(201, {"Location": f"http://127.0.0.1:1{JOB}/"}, {"data": {"id": "7", "type": "site"}}),
    ],
    ids=repr,
)
def test_an_answer_that_names_a_job_is_awaited(client, nao, answer):
    answered(nao, Answer(answer.status, answer.headers, answer.body, after_effect=True))
    job = client.start(CALL)
    assert (job.operation, job.url) == (f"POST {PATH}", nao.url + JOB)
    assert jobs.wait(job).succeeded


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(303), "the 303 See Other names no job"),
        (Answer(303, {"Location": "/api/v2/sites/910"}), "the Location names no background job"),
        (
            Answer(303, {"Location": f"https://evil.example{JOB}"}),
            "the job is said to be on another host, evil.example",
        ),
        (Answer(201, {"Location": f"https://evil.example{JOB}"}), "said to be on another host, evil.example"),
        (Answer(202), "the 202 Accepted names no job"),
        (Answer(202, body={"data": []}), "the 202 Accepted names no job"),
        (Answer(200, body={"data": {"type": "job_watcher"}}), "the 200 OK names no job"),
        (Answer(200, body={"data": {**WATCHER, "id": "4f1c"}}), "the 200 OK names no job"),
        (Answer(201, body={"data": [WATCHER]}), "the 201 Created names no job"),
        (Answer(200, body={"errors": ["no rows"]}), "the 200 OK lists errors: no rows"),
        (Answer(201, body={"errors": [], "data": {}}), "the 201 Created lists errors: []"),
        (Answer(200, body="<html>Welcome</html>"), "the 200 OK is neither empty nor JSON, perhaps a page of a proxy"),
        (Answer(200, body="{"), "the 200 OK is neither empty nor JSON"),
        (Answer(200, body="[" * 100_000), "the 200 OK is neither empty nor JSON"),
        (Answer(200, body="[" * 900 + "]" * 900), "the 200 OK is neither empty nor JSON"),
        (Answer(200, {"Content-Encoding": "br"}, b"{}"), "the body of the 200 OK could not be read to its end"),
        (Answer(200, body=b'"' + b"x" * (17 * 1024 * 1024) + b'"'), "the body of the 200 OK could not be read"),
        (Answer(206, body="{}"), "the server answered 206 Partial Content"),
        (Answer(301, {"Location": JOB}), "the server answered 301 Moved Permanently"),
        (Answer(302, {"Location": "https://login.example/"}), "302 Found, pointing to https://login.example"),
        (Answer(302, {"Location": "http://[bad"}), "the server answered 302 Found"),
        (Answer(307, {"Location": JOB}), "the server answered 307 Temporary Redirect"),
        (Answer(408), "the server answered 408 Request Timeout"),
        (Answer(500), "the server answered 500 Internal Server Error"),
        (Answer(502, body="<html>"), "the server answered 502 Bad Gateway"),
        (Answer(503), "the server answered 503 Service Unavailable"),
        (HangUp(), "the connection was closed without an answer"),
        (HangUp(after_effect=True, reset=True), "the connection was reset"),
        (fault("truncate-headers"), "the answer was cut short"),
        (fault("not-http"), "the answer is not HTTP"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_answer_that_tells_nothing_may_have_started_and_is_not_repeated(client, nao, answer, reason):
    answered(nao, answer)
    outcome = Runner(client, FakeClock()).run(call(path=PATH, method="POST", base_url=nao.url))
    assert isinstance(outcome.error, MayHaveStarted)
    assert reason in outcome.error.headline
    assert outcome.attempt.is_unknown
    assert nao.count() == 1


@pytest.mark.parametrize("name", ["truncate-body", "bad-chunks", "gzip-broken"])
def test_an_answer_that_was_cut_short_may_have_started(client, nao, name):
    nao.add_action("POST", PATH, Answer(200, body={"data": ["x"] * 100}))
    answered(nao, fault(name))
    with pytest.raises(MayHaveStarted, match="the body of the 200 OK could not be read to its end"):
        client.start(CALL)


def test_a_large_answer_to_a_large_body_is_read_to_its_end(client, nao):
    rows = ["x" * 100] * 9_000
    nao.add_action("PUT", PATH, lambda body: Answer(201, body={"data": [[row, row, row] for row in body["rows"]]}))
    done = client.start(Action("x", PATH, "PUT", {"rows": rows}))
    assert len(done.document["data"]) == 9_000


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (Answer(400, body={"errors": ["no"]}), Rejected, "The server's words: no"),
        (Answer(401), KeyNotAccepted, "refused by the server: 401 Unauthorized"),
        (Answer(403), AccessDenied, "Site creator, Site admin and Tracking manager"),
        (Answer(404), Rejected, "refused by the server: 404 Not Found"),
        (Answer(409), Rejected, "refused by the server: 409 Conflict"),
        (Answer(422, body={"errors": {"name": ["is taken"]}}), Rejected, "The server's words: name is taken"),
        (Answer(422, {"x-request-id": "r-7"}), Rejected, "Request id for the vendor's support: r-7"),
        (Answer(429, {"Retry-After": "7"}), TooManyRequests, "429 Too Many Requests"),
        (Answer(503, {"Retry-After": "7"}), TooManyRequests, "503 Service Unavailable"),
    ],
    ids=repr,
)
def test_a_refusal_did_nothing_and_is_told_with_the_servers_words(client, nao, answer, error, words):
    answered(nao, answer)
    with pytest.raises(error) as caught:
        client.start(CALL)
    assert str(caught.value).startswith(f"POST {PATH} refused by the server: {answer.status} ")
    assert words in str(caught.value)


def test_a_busy_server_is_asked_again_and_the_body_is_sent_again(client, nao):
    answered(nao, Answer(429, {"Retry-After": "1"}), Answer(503, {"Retry-After": "1"}), Answer(204))
    outcome = Runner(client, FakeClock()).run(call({"rows": [1]}, path=PATH, base_url=nao.url))
    assert outcome.attempt.done
    assert [request.body for request in nao.requests] == [{"rows": [1]}] * 3


@pytest.mark.parametrize("action", [CALL, publication(910)], ids=["call", "publication"])
def test_only_a_publication_needs_a_job(client, nao, action):
    for route in ("action", "publish"):
        nao.script(route, Answer(200, body={"data": 1}))
    if action is CALL:
        assert client.start(action) == Done({"data": 1})
    else:
        with pytest.raises(MayHaveStarted, match="the server answered 200 OK"):
            client.start(action)


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Action("x", "sites/../sessions"), "path: write the address below /api/v2/"),
        (Action("x", "sessions"), "path: sessions is where keys are made"),
        (Action("x", None), "path: write the address below /api/v2/"),
        (Action("x", PATH, "DELETE"), "method: write one of POST, PUT"),
        (Action("x", PATH, None), "method: write one of POST, PUT"),
        (Action("x", PATH, body={"a": object()}), "body: it cannot be sent as JSON"),
        (Action("x", PATH, body={"a": float("nan")}), "body: it cannot be sent as JSON"),
        (Action("x", PATH, body=["\ud800"]), "body: it cannot be sent as JSON"),
        (Action("x", "", "GET", {1}), "method: write one of POST, PUT; body: it cannot be sent as JSON"),
    ],
    ids=lambda value: ascii(value)[:60],
)
def test_what_is_no_call_is_not_sent(client, nao, action, reason):
    with pytest.raises(NotSent) as caught:
        client.start(action)
    assert reason in caught.value.headline
    assert nao.count() == 0


def test_a_body_that_contains_itself_is_not_sent(client, nao):
    body = []
    body.append(body)
    with pytest.raises(NotSent, match="body: it cannot be sent as JSON"):
        client.start(Action("x", PATH, body=body))
    assert nao.count() == 0


@pytest.mark.parametrize("action", [publication(910), Action("x", publication(910).path, "PUT")], ids=["same", "PUT"])
def test_one_path_is_called_by_one_at_a_time_whatever_calls_it(nao, action):
    path = publication(910).path
    nao.add_site(910, job_seconds=float("inf"))
    nao.script("PUT " + path, Answer(204))
    told = []
    with NaoClient(KEY, nao.url) as client:
        runner = Runner(client)
        first = threading.Thread(target=runner.run, args=[call(path=path, method="POST", base_url=nao.url)])
        first.start()
        wait_until(lambda: nao.count("job"))
        wanted = call(path=path, method=action.method, base_url=nao.url)
        second = threading.Thread(target=runner.run, args=[wanted], kwargs={"report": told.append})
        second.start()
        wait_until(lambda: told)
        assert told == [f"waiting for another {wanted.action.name} to end"]
        assert len([request for request in nao.requests if request.method != "GET"]) == 1
        nao.finish_job(48145)
        if action.method == "POST":
            wait_until(lambda: nao.publications(910) == 2)
            nao.finish_job(48146)
        first.join()
        second.join()
    assert len([request for request in nao.requests if request.method != "GET"]) == 2


def test_different_paths_are_called_side_by_side(nao):
    nao.add_action("PUT", PATH, job_seconds=float("inf"))
    with NaoClient(KEY, nao.url) as client:
        runner = Runner(client)
        first = threading.Thread(target=runner.run, args=[call(path=PATH, base_url=nao.url)])
        first.start()
        wait_until(lambda: nao.count("job"))
        assert runner.run(call(path="sites/910/nao_trackables/batch", body={"nao_trackables": []})).attempt.done
        nao.finish_job(48145)
        first.join()


def echo(status, **headers):
    """An answer that repeats the secret wherever an answer has a place for words."""
    body = {"errors": [{"title": SECRET, "detail": " ".join(encodings(SECRET))}], "data": {"id": SECRET}}
    return Answer(status, {"x-request-id": quote(SECRET), **headers}, body)


def told_of(error, *more):
    return "\n".join([everything_of(error), *more])


@pytest.mark.parametrize("status", [200, 201, 202, 206, 302, 303, 400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("location", ["", f"https://{SECRET}.example/background_jobs/1", f"/{SECRET}"])
def test_an_error_holds_no_form_of_a_secret_body_even_in_the_variables_of_its_traceback(
    client, nao, caplog, status, location
):
    caplog.set_level(logging.DEBUG)
    answered(nao, echo(status, **({"Location": location} if location else {})))
    with pytest.raises(NaoError) as caught:
        client.start(WITH_SECRET)
    assert leaks_in(told_of(caught.value, caplog.text), [SECRET]) == []


def test_a_refusal_says_that_the_servers_words_are_withheld(client, nao):
    answered(nao, echo(422))
    with pytest.raises(Rejected) as caught:
        client.start(WITH_SECRET)
    assert str(caught.value) == (
        f"PUT {PATH} refused by the server: 422 {HTTPStatus(422).phrase}\n"
        "  The server's words are withheld: they may repeat the body, which is a secret."
    )


def test_a_request_id_that_can_be_no_secret_is_told(client, nao):
    answered(nao, Answer(422, {"x-request-id": "0b0e8c9a-3f43-4c9b-8f2c-0d9f5a7d1e2f"}))
    with pytest.raises(Rejected) as caught:
        client.start(WITH_SECRET)
    assert caught.value.request_id == "0b0e8c9a-3f43-4c9b-8f2c-0d9f5a7d1e2f"


@pytest.mark.parametrize(
    "answer", [f"HTTP/1.1 422 {SECRET}\r\n\r\n", f"HTTP/1.1 299 {SECRET}\r\n\r\n", f"HTTP/1.1 422 {SECRET}", SECRET]
)
def test_a_status_line_with_the_secret_in_it_is_not_repeated(answer, caplog):
    caplog.set_level(logging.DEBUG)
    with answering(answer.encode()) as (url, _), NaoClient(KEY, url) as client, pytest.raises(NaoError) as caught:
        client.start(WITH_SECRET)
    assert leaks_in(told_of(caught.value, caplog.text), [SECRET]) == []


@pytest.mark.parametrize("finished", [True, False])
def test_a_job_with_the_secret_in_its_words_brings_it_into_no_progress_no_record_and_no_error(client, nao, finished):
    lines = []
    for status in (SECRET, f"at {SECRET}"):
        attributes = {"status": status, "message": " ".join(encodings(SECRET)), "has_finished": False}
        nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    nao.script(
        "job", Answer(200, body={"data": {"attributes": {**attributes, "has_finished": finished}}}), times=None
    )
    wants = call({"token": SECRET}, path=PATH, is_secret=True, base_url=nao.url)
    outcome = Runner(client, FakeClock()).run(wants, Limit(5, "test"), lines.append)
    assert isinstance(outcome.error, JobFailed if finished else WaitTimedOut)
    assert (outcome.attempt.status, outcome.attempt.message) == (WITHHELD, WITHHELD)
    assert leaks_in(told_of(outcome.error, *lines, repr(outcome.attempt.record)), [SECRET]) == []


@pytest.mark.parametrize("status", [200, 302, 401, 404, 422, 500])
def test_a_look_at_its_job_that_fails_does_not_repeat_it(client, nao, status):
    nao.script("job", echo(status))
    with pytest.raises(PollFailed) as caught:
        client.start(WITH_SECRET).poll()
    assert leaks_in(everything_of(caught.value), [SECRET]) == []


@pytest.mark.parametrize(("status", "message"), [("success", "success"), ("failure", "failure")])
def test_the_documented_words_of_a_job_are_kept(client, nao, status, message):
    attributes = {"status": status, "message": message, "has_finished": True}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    state = client.start(WITH_SECRET).poll()
    assert (state.status, state.message) == (status, message)


def test_an_answer_is_given_to_the_caller_and_shown_in_no_repr(client, nao):
    answered(nao, Answer(200, body={"data": SECRET}))
    done = client.start(WITH_SECRET)
    assert done.document == {"data": SECRET}
    assert leaks_in(f"{done!r} {WITH_SECRET!r}", [SECRET]) == []
