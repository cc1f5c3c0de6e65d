"""Calls besides publications: those that are added, and the batch of tags."""

from __future__ import annotations

import http.client
import json
import math

import pytest

from pulumi_nao.simulator import Answer, HangUp, Simulator, Tag

from .wire import KEY, look, publish, send

IMPORT = "/api/v2/sites/910/import"
BATCH = "/api/v2/sites/910/nao_trackables/batch"
TAG = {"name": "Forklift", "tracking_id": "AA:BB:CC:44:55:66"}


def act(nao, method="POST", path=IMPORT, body=None, **options):
    return send(nao, method, path, body=None if body is None else json.dumps(body).encode(), **options)


def attributes(nao, job_id=48145):
    return look(nao, job_id).json["data"]["attributes"]


def test_an_action_starts_a_job_that_succeeds_after_the_usual_time(nao, clock):
    nao.add_action("POST", "sites/910/import")
    answer = act(nao)
    assert (answer.status, answer.headers["location"]) == (303, f"{nao.url}/api/v2/background_jobs/48145")
    clock.sleep(19.9)
    assert attributes(nao)["has_finished"] is False
    clock.sleep(0.1)
    assert (attributes(nao)["status"], attributes(nao)["message"]) == ("success", "success")


def test_a_job_of_an_action_takes_as_long_as_its_site_or_the_action_says(nao):
    nao.add_site(911, job_seconds=2.0)
    for path, seconds in (("sites/910/import", None), ("sites/911/import", None), ("sites/911/export", 7.0)):
        nao.add_action("PUT", path, job_seconds=seconds)
        act(nao, "PUT", f"/api/v2/{path}")
    assert [job.duration for job in nao.jobs] == [20.0, 2.0, 7.0]


def test_a_job_of_an_action_can_fail_with_a_message(nao, clock):
    nao.add_action("POST", "sites/910/import", failure="Column name is missing.")
    act(nao)
    clock.sleep(20)
    assert (attributes(nao)["status"], attributes(nao)["message"]) == ("failure", "Column name is missing.")


def test_a_jobs_message_can_repeat_what_was_sent(nao, clock):
    nao.add_action("POST", "sites/910/import", failure=lambda body: f"cannot take {body['token']}")
    act(nao, body={"token": "s3cret"})
    clock.sleep(20)
    assert attributes(nao)["message"] == "cannot take s3cret"


def test_a_job_of_an_action_can_be_ended_in_any_way(nao):
    nao.add_action("POST", "sites/910/import", job_seconds=math.inf)
    act(nao)
    nao.finish_job(48145, status="Paused", message="s3cret")
    assert (attributes(nao)["status"], attributes(nao)["message"]) == ("Paused", "s3cret")


def test_an_action_can_be_answered_with_202_and_the_job(nao):
    nao.add_action("POST", "sites", job_in_body=True)
    answer = act(nao, path="/api/v2/sites")
    assert (answer.status, "location" in answer.headers) == (202, False)
    assert answer.json == look(nao).json


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (Answer(200, body={"data": []}), 200, b'{"data":[]}'),
        (Answer(201, body={"data": {"id": "7"}}), 201, b'{"data":{"id":"7"}}'),
        (Answer(204), 204, b""),
    ],
)
def test_an_action_can_be_done_at_once(nao, answer, status, body):
    nao.add_action("PUT", "sites/910", answer)
    received = act(nao, "PUT", "/api/v2/sites/910", {})
    assert (received.status, received.body, nao.jobs) == (status, body, [])


def test_an_answer_can_repeat_what_was_sent(nao):
    nao.add_action("PUT", "sites/910", lambda body: Answer(422, body={"errors": [{"detail": body["name"]}]}))
    answer = act(nao, "PUT", "/api/v2/sites/910", {"name": "s3cret"})
    assert (answer.status, answer.json) == (422, {"errors": [{"detail": "s3cret"}]})


def test_an_answer_may_depend_on_what_was_sent(nao):
    nao.add_action("POST", "sites/910/import", lambda body: None if body else Answer(422))
    assert [act(nao, body=body).status for body in ({}, {"rows": 1}, None)] == [422, 303, 422]


def test_an_action_added_again_is_served_in_the_new_way(nao):
    nao.add_action("POST", "sites/910/import", Answer(500))
    nao.add_action("POST", "sites/910/import")
    assert act(nao).status == 303


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        (IMPORT, {"key": None}, 401),
        (IMPORT, {"key": "wrong"}, 401),
        (IMPORT, {"key": "k-911"}, 403),
        (IMPORT, {"headers": {"Accept": "text/html"}}, 406),
        (f"{IMPORT}/more", {}, 404),
        ("/sites/910/import", {}, 404),
        ("/api/v1/sites/910/import", {}, 404),
    ],
)
def test_an_action_is_refused_as_a_publication_is(nao, path, options, status):
    nao.add_key("k-911", sites=[911])
    nao.add_action("POST", "sites/910/import")
    assert (act(nao, path=path, **options).status, nao.jobs) == (status, [])


def test_a_body_that_is_no_json_is_refused(nao):
    nao.add_action("POST", "sites/910/import")
    assert send(nao, "POST", IMPORT, body=b"name,id").status == 400


def test_405_for_another_method_than_those_of_the_path(nao):
    nao.add_action("PUT", "sites/910/import")
    received = act(nao, "POST")
    assert (received.status, received.headers["allow"]) == (405, "PUT")


def test_a_key_for_some_sites_may_act_where_no_site_is(nao):
    nao.add_key("k-911", sites=[911])
    nao.add_action("POST", "sites", job_in_body=True)
    assert (act(nao, path="/api/v2/sites", key="k-911").status, look(nao, key="k-911").status) == (202, 200)


def test_what_took_effect_can_be_asked_for(nao):
    nao.add_action("POST", "sites/910/import", lambda body: Answer(422) if body == [] else None)
    for body in ({"rows": 1}, [], None):
        act(nao, body=body)
    act(nao, body={"rows": 2}, key="wrong")
    assert nao.actions("POST", "sites/910/import") == [{"rows": 1}, None]
    assert nao.actions("PUT", "sites/910/import") == []
    assert (nao.count("action"), nao.count("POST sites/910/import"), nao.publications()) == (4, 4, 0)


def test_an_action_is_logged_with_its_site_its_body_and_its_job(nao):
    nao.add_action("POST", "sites/910/import")
    act(nao, body={"rows": 1})
    (request,) = nao.requests
    assert (request.call, request.route, request.site) == ("POST sites/910/import", "action", 910)
    assert (request.body, request.status, request.job.id) == ({"rows": 1}, 303, 48145)


def test_a_body_is_not_printed_with_the_log(nao):
    nao.add_action("POST", "sites/910/import")
    act(nao, body={"password": "s3cret"})
    assert "s3cret" not in repr(nao.requests)


def test_the_body_of_what_is_no_action_is_not_kept(nao):
    act(nao, path="/api/v2/sessions", body={"session": {"password": "s3cret"}})
    assert nao.requests[0].body is None


def test_one_action_can_be_scripted(nao):
    nao.add_action("POST", "sites/910/import")
    nao.add_action("PUT", "sites/910/import")
    nao.script("PUT sites/910/import", Answer(503))
    assert [act(nao, method).status for method in ("POST", "PUT", "PUT")] == [303, 503, 303]


def test_all_actions_can_be_scripted_and_those_of_one_site(nao):
    nao.add_site(911)
    nao.add_action("POST", "sites/910/import")
    nao.add_action("POST", "sites/911/import")
    nao.script("action", Answer(503), site=911)
    nao.script("action", Answer(502))
    received = [act(nao, path=f"/api/v2/sites/{site}/import").status for site in (910, 911, 911)]
    assert (received, publish(nao).status) == ([502, 503, 303], 303)


def test_the_answer_to_an_action_can_be_lost_after_it_took_effect(nao):
    nao.script("PUT sites/910/nao_trackables/batch", HangUp(after_effect=True))
    with pytest.raises(http.client.RemoteDisconnected):
        act(nao, "PUT", BATCH, {"nao_trackables": [TAG]})
    assert nao.tags(910) == [Tag("Forklift", "AA:BB:CC:44:55:66")]
    assert nao.actions("PUT", "sites/910/nao_trackables/batch") == [{"nao_trackables": [TAG]}]


def test_a_fault_can_be_injected_into_one_action(nao):
    nao.add_action("POST", "sites/910/import")
    nao.inject("POST sites/910/import:2=503")
    assert [act(nao).status for _ in range(3)] == [303, 503, 303]


@pytest.mark.parametrize(
    ("arguments", "options", "complaint"),
    [
        (("DELETE", "sites/910"), {}, "an action's method is POST or PUT, not 'DELETE'"),
        (("PUT", "/api/v2/sites/910"), {}, "such as sites/910/import, not '/api/v2/sites/910'"),
        (("PUT", "sites/910?x=1"), {}, "such as sites/910/import, not"),
        (("POST", "sites/910/asset_tracking_config/publish"), {}, "change its answers with a script"),
        (("PUT", "background_jobs/1"), {}, "change its answers with a script"),
        (("PUT", "sites/910"), {"job_seconds": -1}, "job_seconds must be 0 or more, not -1"),
        (("PUT", "sites/910", Answer(204)), {"failure": "x"}, "an action with an answer starts no job"),
        (("PUT", "sites/910", Answer(204)), {"job_in_body": True}, "an action with an answer starts no job"),
        (("PUT", "sites/910", Answer(204)), {"job_seconds": 1}, "an action with an answer starts no job"),
    ],
)
def test_an_action_that_makes_no_sense_is_refused(nao, arguments, options, complaint):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at
        nao.add_action(*arguments, **options)
    assert complaint in str(caught.value)


def test_a_script_for_one_action_takes_no_site(nao):
    with pytest.raises(ValueError, match="the path of 'PUT sites/910/import' names its site already"):
        nao.script("PUT sites/910/import", HangUp(), site=910)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_batch_of_tags_replaces_those_of_the_site(nao, method):
    nao.add_site(911)
    act(nao, method, BATCH, {"nao_trackables": [TAG, {"name": "Pallet", "tracking_id": "092353"}]})
    answer = act(nao, method, BATCH, {"nao_trackables": [{"name": "Crate", "tracking_id": "092354"}]})
    assert answer.status == 201
    assert answer.json == {
        "data": [
            {
                "id": "1",
                "type": "nao_trackable",
                "attributes": {"id": 1, "name": "Crate", "tracking_id": "092354"},
            }
        ]
    }
    assert (nao.tags(910), nao.tags(911)) == ([Tag("Crate", "092354")], [])


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (None, "nao_trackables must be a list."),
        ([], "nao_trackables must be a list."),
        ({"nao_trackables": {"name": "x"}}, "nao_trackables must be a list."),
        ({"nao_trackables": [TAG, "x"]}, "nao_trackables[1].name must be text, and not empty."),
        ({"nao_trackables": [{**TAG, "name": ""}]}, "nao_trackables[0].name must be text, and not empty."),
        ({"nao_trackables": [{"name": "x"}]}, "nao_trackables[0].tracking_id must be text, and not empty."),
        (
            {"nao_trackables": [{**TAG, "tracking_id": 92353}]},
            "nao_trackables[0].tracking_id must be text, and not empty.",
        ),
    ],
)
def test_a_batch_of_another_shape_is_refused_and_changes_nothing(nao, body, detail):
    act(nao, "PUT", BATCH, {"nao_trackables": [TAG]})
    answer = act(nao, "PUT", BATCH, body)
    assert (answer.status, answer.json["errors"][0]["detail"]) == (422, detail)
    assert len(nao.tags(910)) == 1


def test_tags_of_a_site_that_does_not_exist_are_refused(nao):
    assert act(nao, "PUT", "/api/v2/sites/999/nao_trackables/batch", {"nao_trackables": []}).status == 404


def test_a_batch_needs_a_key_for_the_site(nao):
    nao.add_key("k-911", sites=[911])
    assert act(nao, "PUT", BATCH, {"nao_trackables": [TAG]}, key="k-911").status == 403
    assert nao.tags(910) == []


def test_a_batch_can_be_served_in_another_way_before_and_after_its_site_is_added():
    with Simulator() as nao:
        nao.add_key(KEY)
        nao.add_action("PUT", "sites/910/nao_trackables/batch", Answer(500))
        nao.add_site(910)
        assert [act(nao, method, BATCH, {}).status for method in ("POST", "PUT")] == [422, 500]
        nao.add_action("PUT", "sites/910/nao_trackables/batch")
        assert act(nao, "PUT", BATCH, {}).status == 303
