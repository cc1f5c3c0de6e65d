from __future__ import annotations

import http.client
from datetime import datetime, timezone

import pytest

from pulumi_nao.simulator import Answer, HangUp, Simulator

from .wire import KEY, PUBLISH_910, look, publish, send


def test_a_request_is_logged_with_all_that_a_test_may_ask(nao):
    publish(nao, headers={"Accept": "application/vnd.api+json"}, body=b"{}")
    (request,) = nao.requests
    assert (request.method, request.path, request.route) == ("POST", PUBLISH_910, "publish")
    assert (request.status, request.key, request.body_size) == (303, "right", 2)
    assert request.time == datetime(2023, 11, 13, 19, 50, 57, 145000, timezone.utc)
    assert request.headers["accept"] == "application/vnd.api+json"
    assert request.job.id == 48145


def test_a_look_is_logged_with_the_job_as_it_was_then(nao, clock):
    publish(nao)
    look(nao)
    clock.sleep(20)
    look(nao)
    assert [request.job.status for request in nao.requests] == ["In progress", "In progress", "success"]


@pytest.mark.parametrize(("key", "verdict"), [(KEY, "right"), ("wrong", "wrong"), (None, "missing")])
def test_the_log_tells_whether_the_key_was_right(nao, key, verdict):
    publish(nao, key=key)
    assert nao.requests[0].key == verdict


def test_no_key_is_kept_wherever_it_was_sent(nao):
    nao.add_key("s3cret")
    headers = {
        "Proxy-Authorization": "s3cret",
        "Cookie": "auth=s3cret",
        "X-Api-Key": "s3cret",
        "Auth-Token": "s3cret",
    }
    send(nao, "POST", f"{PUBLISH_910}?auth_token=s3cret", key="s3cret", headers=headers)
    assert "s3cret" not in repr(nao.requests) + repr(nao)
    assert nao.requests[0].headers["authorization"] == "(redacted)"


def test_a_header_that_comes_twice_is_logged_with_both_values(nao, raw):
    raw(f"POST {PUBLISH_910} HTTP/1.1\r\nX: 1\r\nx: 2\r\nConnection: close\r\n\r\n")
    assert nao.requests[0].headers["x"] == "1, 2"


def test_two_keys_in_one_request_are_a_wrong_key(raw):
    head = f"POST {PUBLISH_910} HTTP/1.1\r\nAuthorization: {KEY}\r\nAuthorization: {KEY}\r\nConnection: close\r\n\r\n"
    assert raw(head).startswith("HTTP/1.1 401 ")


def test_requests_are_counted_by_route(nao):
    publish(nao)
    look(nao)
    look(nao)
    send(nao, "GET", PUBLISH_910)
    assert (nao.count("publish"), nao.count("job"), nao.count("other"), nao.count()) == (1, 2, 1, 4)


def test_an_unknown_route_cannot_be_counted(nao):
    with pytest.raises(ValueError, match="there is no route 'jobs'; the routes are publish, job, action, other"):
        nao.count("jobs")


def test_a_scripted_answer_is_logged_with_its_status_and_without_a_job(nao):
    nao.script("publish", Answer(503))
    publish(nao)
    assert (nao.requests[0].status, nao.requests[0].job) == (503, None)


def test_an_answer_lost_after_the_effect_is_logged_with_the_job(nao):
    nao.script("publish", HangUp(after_effect=True))
    with pytest.raises(http.client.RemoteDisconnected):
        publish(nao)
    assert (nao.requests[0].status, nao.requests[0].job.id) == (None, 48145)


def test_whoever_wants_is_told_of_each_request_when_it_is_over():
    told = []
    with Simulator(on_request=told.append) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        publish(nao)
    assert [(request.route, request.status, request.job.id) for request in told] == [("publish", 303, 48145)]
