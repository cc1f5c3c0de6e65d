from __future__ import annotations

import pytest

from pulumi_nao.simulator import Simulator

from .wire import KEY, PUBLISH_910, look, publish, send


def test_an_error_is_json_with_the_root_errors(nao):
    received = publish(nao, key="wrong")
    assert received.headers["content-type"] == "application/vnd.api+json"
    assert received.json == {
        "errors": [
            {"status": "401", "title": "Unauthorized", "detail": "The credentials are missing or invalid."},
        ],
    }


@pytest.mark.parametrize("key", [None, "", "wrong", f"Bearer {KEY}", f"Token token={KEY}", f"{KEY}x"])
def test_401_without_the_bare_key(nao, key):
    assert (publish(nao, key=key).status, nao.publications()) == (401, 0)


def test_401_for_a_look_without_the_key(nao):
    publish(nao)
    assert look(nao, key="wrong").status == 401


def test_401_for_a_revoked_key(nao):
    publish(nao)
    nao.revoke_key(KEY)
    assert (look(nao).status, publish(nao).status) == (401, 401)


def test_401_for_a_key_that_is_revoked_in_the_middle_of_the_request(nao, monkeypatch):
    nao.revoke_key(KEY)
    monkeypatch.setattr(nao._world, "knows", lambda _key: True)
    assert (publish(nao).status, nao.publications()) == (401, 0)


def test_403_for_a_site_that_the_key_is_not_for(nao):
    nao.add_key("k-911", sites=[911])
    nao.add_site(911)
    assert (publish(nao, 910, key="k-911").status, publish(nao, 911, key="k-911").status) == (403, 303)


def test_403_for_a_job_of_a_site_that_the_key_is_not_for(nao):
    nao.add_key("k-911", sites=[911])
    publish(nao, 910)
    assert look(nao, key="k-911").status == 403


def test_404_for_a_site_that_does_not_exist(nao):
    received = publish(nao, 999)
    assert (received.status, received.json["errors"][0]["detail"]) == (404, "There is no site 999.")


def test_404_for_a_job_that_does_not_exist(nao):
    received = look(nao, 1)
    assert (received.status, received.json["errors"][0]["detail"]) == (404, "There is no background job 1.")


def test_a_wrong_key_does_not_learn_whether_a_site_exists(nao):
    assert publish(nao, 999, key="wrong").status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v2/sites",
        "/api/v2/sites/910/publish",
        f"{PUBLISH_910}/",
        f"/{PUBLISH_910}",
        "/api/v1/sites/910/asset_tracking_config/publish",
        "/api/v2/sites/nine/asset_tracking_config/publish",
    ],
)
def test_404_for_a_path_that_is_not_simulated(nao, path):
    assert send(nao, "POST", path).status == 404


def test_a_query_makes_no_difference(nao):
    assert send(nao, "POST", f"{PUBLISH_910}?x=1").status == 303


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_405_for_another_method_than_post_on_publish(nao, method):
    received = send(nao, method, PUBLISH_910)
    assert (received.status, received.headers["allow"], nao.publications()) == (405, "POST", 0)


def test_405_for_another_method_than_get_on_a_job(nao):
    publish(nao)
    received = send(nao, "DELETE", "/api/v2/background_jobs/48145")
    assert (received.status, received.headers["allow"]) == (405, "GET")


def test_the_answer_to_head_has_no_body(nao):
    received = send(nao, "HEAD", "/api/v2/background_jobs/48145")
    assert (received.status, received.body) == (405, b"")


@pytest.mark.parametrize("accept", ["text/html", "application/xml, text/*", "application/json;q=0"])
def test_406_for_an_accept_that_takes_no_json(nao, accept):
    assert (publish(nao, headers={"Accept": accept}).status, nao.publications()) == (406, 0)


@pytest.mark.parametrize(
    "accept",
    ["application/vnd.api+json", "application/json", "text/html, */*;q=0.1", "application/*", "Application/JSON"],
)
def test_an_accept_that_takes_json_is_fine(nao, accept):
    assert publish(nao, headers={"Accept": accept}).status == 303


def test_400_for_a_body_that_is_no_json(nao):
    assert (publish(nao, body=b"{'site': 1}").status, nao.publications()) == (400, 0)


def test_429_over_the_limit_says_when_to_come_back(clock):
    with Simulator(requests_per_second=2, clock=clock.now) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        received = [publish(nao) for _ in range(3)]
        assert [answer.status for answer in received] == [303, 303, 429]
        assert received[2].headers["retry-after"] == "1"
        assert nao.publications(910) == 2


def test_the_limit_lets_requests_through_again_when_time_has_passed(clock):
    with Simulator(requests_per_second=0.25, clock=clock.now) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        assert [publish(nao).status, publish(nao).status] == [303, 429]
        clock.sleep(3.9)
        assert publish(nao).headers["retry-after"] == "1"
        clock.sleep(0.1)
        assert publish(nao).status == 303


@pytest.mark.parametrize("key", ["", "two words", "line\n", "clé"])
def test_a_key_that_cannot_travel_in_a_header_is_refused_without_repeating_it(nao, key):
    with pytest.raises(ValueError, match=r"^a key must be printable ASCII without spaces, and not empty$"):
        nao.add_key(key)


def test_a_body_of_unknown_length_is_refused(raw):
    received = raw(f"POST {PUBLISH_910} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
    assert received.startswith("HTTP/1.1 411 ")


def test_a_length_that_is_no_number_is_refused(raw):
    received = raw(f"POST {PUBLISH_910} HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")
    assert received.startswith("HTTP/1.1 400 ")


def test_a_request_that_breaks_off_has_no_effect(nao, raw):
    cut = raw(f"POST {PUBLISH_910} HTTP/1.1\r\nAuthorization: {KEY}\r\nContent-Length: 9\r\n\r\n{{}}")
    assert (cut, nao.publications(), nao.count()) == ("", 0, 0)
