"""The faults do what their names say."""

from __future__ import annotations

import gzip
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from pulumi_nao.simulator import Simulator
from tests.core.fake_clock import FakeClock
from tests.faults.catalogue import FAULTS, fault, injection
from tests.simulator.wire import DOCUMENTED_JOB, KEY, PUBLISH_910, connect, look, publish

HEADERS = f"Host: x\r\nAuthorization: {KEY}\r\nConnection: close\r\n\r\n"
LOOK = f"GET /api/v2/background_jobs/48145 HTTP/1.1\r\n{HEADERS}"
POST = f"POST {PUBLISH_910} HTTP/1.1\r\n{HEADERS}"


@pytest.fixture
def nao():
    """Its clock stands."""
    with Simulator(job_seconds=20.0, clock=FakeClock(start=DOCUMENTED_JOB).now) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        yield nao


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
    seconds = {"drip": ":0", "refuse": ":0", "silence": ":0", "stall-in-body": ":0"}.get(name, "")
    nao.script("publish", fault(name + seconds))
    try:
        received(nao, POST)
    except ConnectionError:
        assert name.startswith("reset")
    assert nao.publications(910) == (1 if FAULTS[name].takes_effect else 0)


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


@pytest.mark.parametrize("name", ["silence:0", "stall-in-headers:0", "stall-in-body:0", "drip:0"])
def test_what_was_late_arrives_whole(nao, name):
    publish(nao)
    nao.script("job", fault(name))
    assert look(nao).json["data"]["id"] == "48145"


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


def test_a_fault_of_these_tests_can_be_injected_as_the_simulators_own(nao):
    nao.inject(injection("publish:2=location-none"), injection("job:1=404"))
    assert [publish(nao).headers.get("location") is None for _ in range(3)] == [False, True, False]
    assert look(nao).status == 404


def test_a_misspelt_name_is_told_with_the_names_of_these_tests():
    with pytest.raises(ValueError, match=r"there is no fault 'json-nul'; did you mean json-null"):
        injection("job=json-nul")
