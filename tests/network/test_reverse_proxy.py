"""nginx between the client and NAO Cloud: how an `up` ends, what it leaves, and what the next one does."""

import threading

import pytest

from pulumi_nao.errors import (
    AccessDenied,
    ContactLost,
    JobGone,
    KeyNotAccepted,
    MayHaveStarted,
    Rejected,
    TooManyRequests,
    WaitTimedOut,
)
from pulumi_nao.simulator import HangUp, Reply
from tests.network.ports import free_port
from tests.network.run import SHORT, Stack

POST = "location ~ /publish$"
LOOK = "location ~ /background_jobs/"


class Late(Reply):
    """Takes effect, and answers too late for the proxy."""

    after_effect = True

    def __init__(self):
        self.over = threading.Event()

    def send(self, connection, _normal):
        self.over.wait(10)
        connection.hang_up()


PASSING_ON = {
    "as it comes": "",
    "HTTP/1.1 to the upstream, chunked, unbuffered": (
        "proxy_http_version 1.1; proxy_set_header Connection ''; proxy_buffering off;"
    ),
    "HTTP/1.0 to the upstream": "proxy_http_version 1.0;",
    "compression": "gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *;",
    "no chunks to the client": "chunked_transfer_encoding off;",
    "small buffers": "proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 1k;",
    "no connection kept": "keepalive_timeout 0;",
    "a connection for two looks": "keepalive_requests 2;",
    "connections closed between looks": "keepalive_timeout 10ms;",
    "Location on another port and scheme": "proxy_redirect ~^http://[^/]+/(.*) https://127.0.0.1:8443/$1;",
    "Location below a path": "proxy_redirect ~^http://[^/]+/(.*) http://127.0.0.1/inner/cloud/$1;",
    "Location without a server": "proxy_redirect ~^http://[^/]+(/.*) $1;",
}


@pytest.mark.parametrize("directives", PASSING_ON.values(), ids=PASSING_ON)
def test_through_a_working_proxy_a_site_is_published_once(nginx, nao, stack, directives):
    nao.add_site(910, job_seconds=0.2)
    nginx.start(directives)
    first = stack.up()
    again = stack.up()
    assert (first.end, first.saved, again.end, nao.publications(910)) == (None, "success", None, 1)
    assert not any("still waiting" in line for line in first.told)


def test_a_server_below_a_path_is_reached_for_looks_too(nginx, nao):
    nginx.start(f"location /nao/ {{ proxy_pass {nao.url}/; proxy_set_header Host $http_host; }}")
    stack = Stack(f"{nginx.url}/nao")
    assert (stack.up().end, nao.publications(910)) == (None, 1)
    assert stack.record.job_url == f"{nginx.url}/nao/api/v2/background_jobs/48145"


def _never_up():
    return f"proxy_pass http://127.0.0.1:{free_port()};"


# Each: directives for the POST, how the run ends, words of its first line, what is saved.
REFUSED = {
    "429 for ever": ("return 429;", TooManyRequests, "429 Too Many Requests"),
    "503 with Retry-After for ever": (
        "add_header Retry-After 5 always; return 503;",
        TooManyRequests,
        "503 Service Temporarily Unavailable",
    ),
    "the proxy wants a password of its own": (
        "auth_basic proxy; auth_basic_user_file /dev/null; proxy_pass http://127.0.0.1:9;",
        KeyNotAccepted,
        "401 Unauthorized",
    ),
    "the proxy forbids it": ("deny all;", AccessDenied, "403 Forbidden"),
    "the proxy has no such path": ("return 404;", Rejected, "404 Not Found"),
}


@pytest.mark.parametrize(("directives", "end", "words"), REFUSED.values(), ids=REFUSED)
def test_what_the_proxy_refuses_leaves_nothing_and_is_tried_again(nginx, nao, stack, directives, end, words):
    nginx.start(f"{POST} {{ {directives} }}")
    first = stack.up(limit=SHORT)
    assert (first.end, first.saved, nao.publications(910)) == (end, "nothing", 0)
    assert words in first.error.headline
    assert "<html>" not in str(first.error)
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


def test_a_key_too_long_for_the_proxy_is_refused(nginx, nao):
    nao.add_key("j" * 3000)
    nginx.start("client_header_buffer_size 256; large_client_header_buffers 2 1k;")
    stack = Stack(nginx.url, key="j" * 3000)
    first = stack.up()
    assert (first.end, first.saved, nao.publications(910)) == (Rejected, "nothing", 0)
    assert "400" in first.error.headline
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


NO_NEWS_AND_NO_JOB = {
    "upstream down": (_never_up(), "502 Bad Gateway"),
    "503 without Retry-After": ("return 503;", "503 Service Temporarily Unavailable"),
    "no answer at all": ("return 444;", "the connection was closed without an answer"),
    "a page for maintenance with 200": ("return 200 '<html>Back soon</html>';", "200 OK"),
    "moved to https": (
        "return 301 https://nao.example$request_uri;",
        "301 Moved Permanently, pointing to https://nao.example",
    ),
}


@pytest.mark.parametrize(("directives", "words"), NO_NEWS_AND_NO_JOB.values(), ids=NO_NEWS_AND_NO_JOB)
def test_an_answer_that_tells_nothing_is_recorded_and_published_again(nginx, nao, stack, directives, words):
    nginx.start(f"{POST} {{ {directives} }}")
    first = stack.up()
    assert (first.end, first.saved, first.job, nao.publications(910)) == (MayHaveStarted, "unknown", None, 0)
    assert words in first.error.headline
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


def test_the_proxy_repeats_no_post_at_another_upstream(nginx, nao, stack):
    nao.script("publish", HangUp())
    nginx.start(
        f"{POST} {{ proxy_pass http://twice; proxy_set_header Host $http_host; }}",
        http=f"upstream twice {{ server {nao.url[7:]}; server localhost:{nao.url.rpartition(':')[2]}; }}",
    )
    first = stack.up()
    assert (first.end, first.saved, nao.count("publish")) == (MayHaveStarted, "unknown", 1)
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


STARTED_AND_LOST = {
    "hung up": (HangUp(after_effect=True), "", "502 Bad Gateway"),
    "headers too long for the proxy": (None, "proxy_buffer_size 256; proxy_buffers 8 256;", "502 Bad Gateway"),
    "a second Location": (
        None,
        "proxy_set_header Host $http_host; add_header Location /api/v2/background_jobs/9 always;",
        "more than one Location",
    ),
    "Location with the upstream's name": (
        None,
        "proxy_set_header Host inner.example; proxy_redirect off;",
        "another host, inner.example",
    ),
}


@pytest.mark.parametrize(("reply", "directives", "words"), STARTED_AND_LOST.values(), ids=STARTED_AND_LOST)
def test_a_job_lost_on_its_way_back_is_told_and_published_again(nginx, nao, stack, reply, directives, words):
    if reply:
        nao.script("publish", reply)
    nginx.start(f"{POST} {{ proxy_pass {nao.url}; {directives} }}")
    first = stack.up()
    assert (first.end, first.saved, first.job, nao.publications(910)) == (MayHaveStarted, "unknown", None, 1)
    assert words in first.error.headline
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 2)


def test_an_upstream_too_slow_for_the_proxy_is_told_and_published_again(nginx, nao, stack):
    late = Late()
    nao.script("publish", late)
    nginx.start(f"{POST} {{ proxy_pass {nao.url}; proxy_read_timeout 100ms; }}")
    first = stack.up()
    late.over.set()
    assert (first.end, first.saved, nao.publications(910)) == (MayHaveStarted, "unknown", 1)
    assert "504 Gateway Time-out" in first.error.headline
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 2)


UNSEEN = {
    "upstream down": (_never_up(), WaitTimedOut, "502 Bad Gateway"),
    "upstream silent": ("return 504;", WaitTimedOut, "504 Gateway Time-out"),
    "429": ("return 429;", WaitTimedOut, "429 Too Many Requests"),
    "no answer at all": ("return 444;", WaitTimedOut, "the connection was closed without an answer"),
    "a page for maintenance with 200": ("return 200 '<html>';", WaitTimedOut, "the answer is not JSON"),
    "a password of the proxy's own": (
        "auth_basic proxy; auth_basic_user_file /dev/null; proxy_pass http://127.0.0.1:9;",
        ContactLost,
        "401 Unauthorized",
    ),
    "moved to https": (
        "return 301 https://nao.example$request_uri;",
        ContactLost,
        "301 Moved Permanently, pointing to https://nao.example",
    ),
}


@pytest.mark.parametrize(("directives", "end", "words"), UNSEEN.values(), ids=UNSEEN)
def test_a_job_that_cannot_be_seen_is_recorded_and_waited_for_again(nginx, nao, stack, directives, end, words):
    nginx.start(f"{LOOK} {{ {directives} }}")
    first = stack.up(limit=SHORT)
    assert (first.end, first.saved, first.job) == (end, "unknown", "48145")
    assert words in "\n".join([*first.told, str(first.error)])
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 1)


def test_a_job_that_the_proxy_denies_for_long_is_given_up_and_published_again(nginx, nao, stack):
    nginx.start(f"{LOOK} {{ return 404; }}")
    first = stack.up()
    assert (first.end, first.saved, first.job) == (JobGone, "unknown", None)
    nginx.start()
    assert (stack.up().saved, nao.publications(910)) == ("success", 2)


def test_looks_over_the_proxys_limit_are_made_again(nginx, nao, stack):
    nginx.start(
        "limit_req zone=one; limit_req_status 429;", http="limit_req_zone $server_addr zone=one:1m rate=2r/s;"
    )
    first = stack.up()
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("429 Too Many Requests; still waiting" in line for line in first.told)


def test_a_publication_over_the_proxys_limit_is_sent_again(nginx, nao, stack):
    nginx.start(f"{POST} {{ return 429; }}")
    first = stack.up(lambda line: nginx.start() if "429 Too Many Requests; trying again" in line else None)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)


def test_a_maintenance_that_says_when_to_come_back_is_waited_out(nginx, nao, stack):
    nginx.start(f"{POST} {{ add_header Retry-After 1 always; return 503; }}")
    first = stack.up(lambda line: nginx.start() if "trying again" in line else None)
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)


class Outage:
    """Something is down from the moment the job is accepted until its absence has been noticed."""

    def __init__(self, stop, start):
        self._stop = stop
        self._start = start

    def __call__(self, line):
        if "accepted" in line:
            self._stop()
        elif "still waiting" in line:
            self._start()


def test_an_upstream_that_comes_back_ends_the_wait_well(nginx, nao, stack):
    nginx.start()
    first = stack.up(Outage(nao.stop, nao.start))
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("502 Bad Gateway; still waiting" in line for line in first.told)


def test_a_proxy_that_comes_back_ends_the_wait_well(nginx, nao, stack):
    nginx.start()
    first = stack.up(Outage(nginx.stop, nginx.start))
    assert (first.end, first.saved, nao.publications(910)) == (None, "success", 1)
    assert any("connection refused; still waiting" in line for line in first.told)
