from __future__ import annotations

import gzip
import http.client
import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from pulumi_nao.simulator import FAULTS, Answer, HangUp, Injection, Simulator, fault

from .wire import KEY, PUBLISH_910, ask, connect, look, publish

HEADERS = f"Host: x\r\nAuthorization: {KEY}\r\nConnection: close\r\n\r\n"
LOOK = f"GET /api/v2/background_jobs/48145 HTTP/1.1\r\n{HEADERS}"
POST = f"POST {PUBLISH_910} HTTP/1.1\r\n{HEADERS}"


def received(nao, request=LOOK):
    """All bytes of an answer, the client staying until the server closes."""
    address = urlsplit(nao.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
        connection.sendall(request.encode())
        with connection.makefile("rb") as stream:
            return stream.read()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_in_a_sentence_what_the_client_meets(name):
    assert FAULTS[name].name == name
    assert FAULTS[name].summary.endswith(".")


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in {"huge-body", "stall-in-headers"}])
def test_a_fault_on_a_publication_starts_a_job_or_does_not_as_it_says(nao, name):
    seconds = {"drip": ":0", "refuse": ":0", "stall-before-headers": ":0", "stall-in-body": ":0"}.get(name, "")
    nao.script("publish", fault(name + seconds))
    try:
        received(nao, POST)
    except ConnectionError:
        assert name.startswith("reset")
    assert nao.publications(910) == (1 if FAULTS[name].takes_effect else 0)


@pytest.mark.parametrize("name", ["reset-before", "reset-after"])
def test_a_reset_is_one(nao, name):
    nao.script("job", fault(name))
    with pytest.raises(ConnectionResetError):
        received(nao)


@pytest.mark.parametrize(
    ("name", "ending"),
    [("truncate-headers", b"x"), ("truncate-body", b"x"), ("length-too-long", b"}}}"), ("bad-chunks", b"0\r\n\r\n")],
)
def test_what_was_cut_or_garbled_ends_with_the_connection(nao, name, ending):
    publish(nao)
    nao.script("job", fault(name))
    answer = received(nao)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert name.startswith("truncate") != answer.endswith(ending)


@pytest.mark.parametrize("name", ["stall-before-headers:0", "stall-in-headers:0", "stall-in-body:0", "drip:0"])
def test_what_was_late_arrives_whole(nao, name):
    publish(nao)
    nao.script("job", fault(name))
    assert look(nao).json["data"]["id"] == "48145"


def test_a_stall_ends_with_the_simulator(nao):
    nao.script("job", fault("stall-before-headers"))
    with closing(connect(nao)) as connection:
        connection.request("GET", "/api/v2/background_jobs/48145", headers={"Authorization": KEY})
        while nao.count("job") == 0:
            time.sleep(0.001)
        nao.stop()
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()


def test_a_huge_body_is_sent_as_long_as_somebody_reads_it(nao):
    publish(nao)
    nao.script("job", fault("huge-body"))
    with closing(connect(nao)) as connection:
        connection.request("GET", "/api/v2/background_jobs/48145", headers={"Authorization": KEY})
        assert len(connection.getresponse().read(2_000_000)) == 2_000_000


def test_a_gzip_bomb_is_small_and_unpacks_to_64_mib(nao):
    publish(nao)
    nao.script("job", fault("gzip-bomb"))
    body = look(nao).body
    assert len(body) < 100_000
    assert len(gzip.decompress(body)) == 64 * 1024 * 1024


def test_a_server_that_refuses_comes_back_on_its_port(nao):
    publish(nao)
    nao.script("job", fault("refuse:0.3"))
    assert look(nao).status == 200
    with pytest.raises(ConnectionRefusedError):
        look(nao)
    while True:
        try:
            assert look(nao).status == 200
            break
        except ConnectionRefusedError:
            time.sleep(0.01)


def test_a_server_that_refuses_lets_no_connection_last(nao):
    publish(nao)
    with closing(connect(nao)) as idle:
        ask(idle, "GET", "/api/v2/background_jobs/48145")
        nao.script("job", fault("refuse"))
        look(nao)
        assert idle.sock.recv(1) == b""


def test_a_server_that_refuses_can_be_stopped_and_started_at_once(nao):
    publish(nao)
    nao.script("job", fault("refuse"))
    look(nao)
    nao.stop()
    nao.start()
    assert look(nao).status == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("429-seconds", "7"),
        ("429-seconds:30", "30"),
        ("503-date", "Mon, 13 Nov 2023 19:51:04 GMT"),
        ("429-negative", "-5"),
        ("503-absurd", "31536000"),
        ("429-nonsense", "soon"),
        ("503", None),
    ],
)
def test_a_busy_server_asks_to_come_back(nao, name, value):
    nao.script("job", fault(name))
    answer = look(nao)
    assert (answer.status, answer.headers.get("retry-after")) == (int(name[:3]), value)


@pytest.mark.parametrize(
    ("name", "location"),
    [
        ("location-none", None),
        ("location-relative", "/api/v2/background_jobs/48145"),
        ("location-broken", "http://[broken/api/v2/background_jobs/48145"),
        ("location-other-host", "https://evil.example/api/v2/background_jobs/48145"),
        ("location-other-port", "http://127.0.0.1:1/api/v2/background_jobs/48145"),
        ("location-http", "http://127.0.0.1/api/v2/background_jobs/48145"),
        ("location-userinfo-host", "http://127.0.0.1@evil.example/api/v2/background_jobs/48145"),
        ("location-javascript", "javascript:alert('/api/v2/background_jobs/48145')"),
    ],
)
def test_a_redirect_leads_elsewhere(nao, name, location):
    nao.script("publish", fault(name))
    answer = publish(nao)
    assert (answer.status, answer.headers.get("location")) == (303, location)


def test_a_publication_can_be_answered_with_the_jobs_json(nao):
    nao.script("publish", fault("json-id-number"))
    answer = publish(nao)
    assert (answer.status, answer.json["data"]["id"]) == (202, 48145)


@pytest.mark.parametrize(
    ("name", "status", "has_finished"),
    [
        ("json-status-unknown", "Paused", False),
        ("json-finished-in-progress", "In progress", True),
        ("json-unfinished-success", "success", False),
        ("json-no-status", None, False),
        ("json-no-has-finished", "In progress", None),
        ("json-has-finished-text", "In progress", "false"),
    ],
)
def test_a_jobs_words_can_be_wrong(nao, name, status, has_finished):
    publish(nao)
    nao.script("job", fault(name))
    attributes = look(nao).json["data"]["attributes"]
    assert (attributes.get("status"), attributes.get("has_finished")) == (status, has_finished)


def test_a_refusal_stays_a_refusal(nao):
    nao.script("job", fault("json-unfinished-success"), fault("location-none"))
    assert [look(nao, 7).status, look(nao, 7).status] == [404, 404]


def test_a_servers_clock_can_jump(nao):
    publish(nao)
    nao.script("job", fault("clock-back"))
    answer = look(nao)
    assert answer.headers["date"] == "Sun, 12 Nov 2023 19:50:57 GMT"
    assert answer.json["data"]["attributes"]["updated_at"] == "2023-11-12T19:50:57.145Z"


def test_an_injection_counts_the_requests_of_its_route(nao):
    nao.inject("publish:2=503", "job:2-3=404", "job:5-=410")
    assert [publish(nao).status for _ in range(3)] == [303, 503, 303]
    assert [look(nao).status for _ in range(6)] == [200, 404, 404, 200, 410, 410]


def test_an_injection_without_a_number_hits_every_request(nao):
    nao.inject("job=404")
    publish(nao)
    assert {look(nao).status for _ in range(3)} == {404}


def test_an_injection_for_a_site_counts_that_site_alone(nao):
    nao.add_site(911)
    nao.inject("publish/911:2=503")
    assert [publish(nao, site).status for site in (911, 910, 911, 911)] == [303, 303, 503, 303]


def test_what_is_scripted_goes_before_what_is_injected(nao):
    nao.inject("publish:1-2=503")
    nao.script("publish", Answer(500))
    assert [publish(nao).status for _ in range(3)] == [500, 503, 303]


def test_the_earlier_of_two_injections_wins(nao):
    nao.inject("publish:2=500", "publish=503")
    assert [publish(nao).status for _ in range(3)] == [503, 500, 503]


def test_injections_are_cleared_with_the_scripts(nao):
    nao.inject("publish=503")
    nao.flaky(1, seed=1)
    nao.clear_scripts()
    assert publish(nao).status == 303


def test_a_reply_of_ones_own_can_be_injected(nao):
    nao.inject(Injection("publish", Answer(418), first=2, last=2))
    assert [publish(nao).status for _ in range(3)] == [303, 418, 303]


def test_one_bad_injection_keeps_the_others_out(nao):
    with pytest.raises(ValueError, match="there is no fault"):
        nao.inject("publish=503", "publish=nonsense")
    assert publish(nao).status == 303


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("publish", "'publish' is no injection: write ROUTE[/SITE][:WHICH]=FAULT, such as publish:2=reset-after"),
        ("publsh=503", "there is no route 'publsh'; the routes are publish, job, action, other"),
        ("publish/x=503", "'x' is no site; write for instance publish/910"),
        ("publish:0=503", "'0' does not say which requests; write 2 (the second), 2-4, or 2- (from the second on)"),
        ("publish:4-2=503", "request 2 comes before request 4"),
        ("other/910=503", "requests on the route 'other' belong to no site"),
        ("job=reset-afte", "there is no fault 'reset-afte'; did you mean reset-after"),
        ("job=quux", "there is no fault 'quux'; `simulate --list-faults` names them all"),
        ("job=404:5", "the fault 404 takes no seconds; write 404 alone"),
        ("job=drip:slow", "'slow' is no number of seconds; write for instance drip:1"),
    ],
)
def test_a_bad_injection_is_told_with_what_to_write(nao, text, complaint):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at
        nao.inject(text)
    assert complaint in str(caught.value)


def statuses(nao, count=40):
    return [look(nao).status for _ in range(count)]


def test_a_flaky_simulator_fails_the_same_requests_for_the_same_seed():
    runs = []
    for seed in (7, 7, 8):
        with Simulator() as nao:
            nao.add_key(KEY)
            nao.flaky(0.5, seed=seed, faults=["500", "503"])
            runs.append(statuses(nao))
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {404, 500, 503}


def test_the_chances_of_a_site_do_not_depend_on_the_others():
    runs = []
    for others in (0, 3):
        with Simulator() as nao:
            nao.add_key(KEY)
            nao.add_site(910)
            nao.add_site(911)
            nao.flaky(0.5, seed=7, faults=["500"])
            run = []
            for _ in range(20):
                for _ in range(others):
                    publish(nao, 911)
                run.append(publish(nao, 910).status)
            runs.append(run)
    assert runs[0] == runs[1]
    assert set(runs[0]) == {303, 500}


@pytest.mark.parametrize(("share", "expected"), [(0, {200}), (1, {500})])
def test_the_share_says_how_many_fail(nao, share, expected):
    publish(nao)
    nao.flaky(share, seed=1, faults=["500"], routes=["job"])
    assert set(statuses(nao)) == expected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"share": 20}, "must be from 0 to 1, not 20"),
        ({"share": 0.2, "faults": []}, "needs at least one fault"),
        ({"share": 0.2, "faults": ["x"]}, "there is no fault 'x'"),
        ({"share": 0.2, "routes": ["x"]}, "there is no route 'x'"),
    ],
)
def test_a_flaky_simulator_that_makes_no_sense_is_refused(nao, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        nao.flaky(**arguments, seed=1)


def test_a_hang_up_has_its_name_too():
    assert fault("hang-up-after") == HangUp(after_effect=True)
