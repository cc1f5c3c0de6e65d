from __future__ import annotations

import http.client

import pytest

from pulumi_nao.simulator import Answer, HangUp, Reply

from .wire import look, publish, send


def test_scripted_answers_come_one_each_and_then_the_normal_ones(nao):
    nao.script("publish", Answer(503), Answer(502))
    assert [publish(nao).status for _ in range(3)] == [503, 502, 303]


def test_a_scripted_answer_comes_in_place_of_everything(nao):
    nao.script("publish", Answer(503))
    publish(nao)
    assert nao.publications() == 0


def test_an_answer_after_the_effect_replaces_only_the_answer(nao):
    nao.script("publish", Answer(503, after_effect=True))
    assert publish(nao).status == 503
    assert nao.publications(910) == 1


def test_a_hang_up_closes_the_connection_without_an_answer(nao):
    nao.script("publish", HangUp())
    with pytest.raises(http.client.RemoteDisconnected):
        publish(nao)
    assert nao.publications() == 0


def test_a_hang_up_after_the_effect_loses_the_answer_of_a_job_that_has_started(nao):
    nao.script("publish", HangUp(after_effect=True))
    with pytest.raises(http.client.RemoteDisconnected):
        publish(nao)
    assert [job.id for job in nao.jobs] == [48145]


def test_a_script_is_for_its_own_route(nao):
    nao.script("job", Answer(500))
    assert (publish(nao).status, look(nao).status, look(nao).status) == (303, 500, 200)


def test_requests_that_are_no_simulated_call_can_be_scripted(nao):
    nao.script("other", Answer(200, body={"data": []}))
    assert send(nao, "GET", "/api/v2/sites").json == {"data": []}


def test_scripts_for_the_same_route_queue_up(nao):
    nao.script("publish", Answer(500))
    nao.script("publish", Answer(502))
    assert [publish(nao).status for _ in range(3)] == [500, 502, 303]


def test_a_script_can_be_gone_through_several_times(nao):
    nao.script("publish", Answer(500), Answer(502), times=2)
    assert [publish(nao).status for _ in range(5)] == [500, 502, 500, 502, 303]


def test_a_script_for_ever_lasts_until_it_is_cleared(nao):
    nao.script("publish", Answer(500), times=None)
    assert {publish(nao).status for _ in range(5)} == {500}
    nao.clear_scripts()
    assert publish(nao).status == 303


def test_text_goes_out_as_html(nao):
    nao.script("job", Answer(502, body="<h1>Bad gateway, désolé</h1>"))
    received = look(nao)
    assert received.headers["content-type"] == "text/html; charset=utf-8"
    assert received.body.decode() == "<h1>Bad gateway, désolé</h1>"


def test_a_mapping_goes_out_as_json(nao):
    nao.script("job", Answer(200, body={"data": {"id": "1"}}))
    received = look(nao)
    assert received.headers["content-type"] == "application/vnd.api+json"
    assert received.body == b'{"data":{"id":"1"}}'


def test_bytes_go_out_as_they_are(nao):
    nao.script("job", Answer(200, body=b"\xff{"))
    received = look(nao)
    assert ("content-type" in received.headers, received.body) == (False, b"\xff{")


def test_headers_of_an_answer_win_over_those_that_would_be_added(nao):
    nao.script("job", Answer(503, {"Retry-After": "7", "Content-Type": "text/plain", "Date": "today"}, "busy"))
    headers = look(nao).headers
    assert (headers["retry-after"], headers["content-type"], headers["date"]) == ("7", "text/plain", "today")


def test_an_answer_without_content_has_no_body_and_no_length(nao):
    nao.script("job", Answer(204, body="nothing of this"))
    received = look(nao)
    assert ("content-length" in received.headers, received.body) == (False, b"")


def test_an_empty_answer_in_chunks_has_only_the_last_one(nao):
    nao.script("publish", Answer(303, {"Transfer-Encoding": "chunked"}))
    assert publish(nao).body == b""


def test_a_status_without_a_name_can_be_sent(nao):
    nao.script("job", Answer(599))
    assert look(nao).status == 599


def test_a_reply_of_ones_own_may_use_the_connection_and_the_normal_answer(nao):
    class Teapot(Reply):
        after_effect = True

        def send(self, connection, normal):
            connection.send_answer(Answer(418, body=normal.content))

    publish(nao)
    nao.script("job", Teapot())
    received = look(nao)
    assert (received.status, received.json["data"]["id"]) == (418, "48145")


def test_a_reply_in_place_of_everything_gets_no_normal_answer(nao):
    class Curious(Reply):
        after_effect = False

        def send(self, connection, normal):
            connection.send_answer(Answer(200, body=repr(normal)))

    nao.script("job", Curious())
    assert look(nao).body == b"None"


def test_a_script_for_one_site_lets_the_others_pass(nao):
    nao.add_site(911)
    nao.script("publish", Answer(503), site=911)
    assert [publish(nao, site).status for site in (910, 911, 911)] == [303, 503, 303]


def test_looks_belong_to_the_site_of_their_job(nao):
    nao.add_site(911)
    publish(nao, 910)
    publish(nao, 911)
    nao.script("job", Answer(503), site=911)
    assert [look(nao, job).status for job in (48145, 48146, 48146)] == [200, 503, 200]


def test_a_job_that_was_forgotten_still_belongs_to_its_site(nao):
    publish(nao)
    nao.forget_job(48145)
    nao.script("job", Answer(503), site=910)
    assert [look(nao).status, look(nao).status] == [503, 404]


def test_a_look_at_a_job_that_never_was_belongs_to_no_site(nao):
    nao.script("job", Answer(503), site=910)
    assert look(nao, 7).status == 404


def test_scripts_with_and_without_a_site_take_their_turns_in_one_queue(nao):
    nao.add_site(911)
    nao.script("publish", Answer(500), site=910)
    nao.script("publish", Answer(502))
    nao.script("publish", Answer(503), site=910)
    assert [publish(nao, site).status for site in (911, 910, 910, 910)] == [502, 500, 503, 303]


@pytest.mark.parametrize(
    ("route", "site", "complaint"),
    [
        ("other", 910, "requests on the route 'other' belong to no site"),
        ("job", 0, "site must be a whole number above 0, not 0"),
    ],
)
def test_a_script_for_a_site_that_makes_no_sense_is_refused(nao, route, site, complaint):
    with pytest.raises(ValueError, match=complaint):
        nao.script(route, HangUp(), site=site)


@pytest.mark.parametrize(
    ("route", "replies", "times", "complaint"),
    [
        ("publsh", [HangUp()], 1, "there is no route 'publsh'; the routes are publish, job, action, other"),
        ("publish", [], 1, "a script needs at least one reply"),
        ("publish", [HangUp()], 0, "times must be 1 or more, or None for ever, not 0"),
    ],
)
def test_scripts_that_make_no_sense_are_refused(nao, route, replies, times, complaint):
    with pytest.raises(ValueError, match=complaint):
        nao.script(route, *replies, times=times)


@pytest.mark.parametrize("status", [0, 100, 199, 600])
def test_an_answer_needs_a_final_status(status):
    with pytest.raises(ValueError, match="status must be from 200 to 599"):
        Answer(status)


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X\n": "a"}, {"X": "é"}, {"": "a"}])
def test_a_header_that_cannot_be_sent_is_refused(headers):
    with pytest.raises(ValueError, match="cannot be sent: only printable ASCII can"):
        Answer(200, headers)
