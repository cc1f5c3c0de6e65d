from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest

from pulumi_nao.simulator import BackgroundJob, Simulator

from .wire import KEY, look, publish


def attributes(nao, job_id=48145):
    return look(nao, job_id).json["data"]["attributes"]


def test_a_job_that_succeeded_has_the_documented_body(nao, clock):
    publish(nao)
    clock.sleep(21.216)
    assert look(nao).json == {
        "data": {
            "id": "48145",
            "type": "job_watcher",
            "attributes": {
                "id": 48145,
                "name": None,
                "description": None,
                "status": "success",
                "message": "success",
                "created_at": "2023-11-13T19:50:57.145Z",
                "updated_at": "2023-11-13T19:51:17.145Z",
                "has_finished": True,
            },
        },
    }


def test_a_look_is_answered_with_200_and_json_api(nao):
    publish(nao)
    received = look(nao)
    assert (received.status, received.headers["content-type"]) == (200, "application/vnd.api+json")


def test_a_job_that_runs_is_in_progress_and_has_no_message(nao, clock):
    publish(nao)
    clock.sleep(19.9)
    assert attributes(nao) == {
        "id": 48145,
        "name": None,
        "description": None,
        "status": "In progress",
        "message": None,
        "created_at": "2023-11-13T19:50:57.145Z",
        "updated_at": "2023-11-13T19:50:57.145Z",
        "has_finished": False,
    }


def test_a_job_finishes_on_the_second(nao, clock):
    publish(nao)
    clock.sleep(20.0)
    assert attributes(nao)["has_finished"] is True


@pytest.mark.parametrize("lacks", ["graph", "indoor_area"])
def test_without_a_graph_or_an_indoor_area_the_job_fails_with_the_documented_words(nao, clock, lacks):
    nao.add_site(911, **{lacks: False})
    assert publish(nao, 911).status == 303
    assert attributes(nao)["status"] == "In progress"
    clock.sleep(20)
    seen = attributes(nao)
    assert (seen["status"], seen["message"], seen["has_finished"]) == (
        "failure",
        "Missing graph or indoor area. Please add.",
        True,
    )


def test_a_site_that_has_got_its_graph_is_published_with_success(nao, clock):
    nao.add_site(911, graph=False)
    publish(nao, 911)
    nao.add_site(911)
    publish(nao, 911)
    clock.sleep(20)
    assert [job.status for job in nao.jobs] == ["failure", "success"]


def test_a_site_may_take_a_time_of_its_own(nao, clock):
    nao.add_site(912, job_seconds=2.0)
    publish(nao, 912)
    clock.sleep(2)
    assert attributes(nao)["has_finished"] is True


def test_without_a_length_jobs_have_finished_at_the_first_look():
    with Simulator() as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        publish(nao)
        assert attributes(nao)["status"] == "success"


def test_jobs_tell_everything_about_themselves(nao, clock):
    publish(nao)
    clock.sleep(30)
    assert nao.jobs == [
        BackgroundJob(
            id=48145,
            site_id=910,
            created_at=datetime(2023, 11, 13, 19, 50, 57, 145000, timezone.utc),
            updated_at=datetime(2023, 11, 13, 19, 51, 17, 145000, timezone.utc),
            duration=20.0,
            has_finished=True,
            status="success",
            message="success",
        ),
    ]


def test_a_job_without_an_end_runs_until_it_is_finished(nao, clock):
    nao.add_site(910, job_seconds=math.inf)
    publish(nao)
    clock.sleep(1e8)
    assert attributes(nao)["has_finished"] is False
    nao.finish_job(48145)
    assert attributes(nao)["status"] == "success"


def test_a_job_can_be_made_to_fail_now(nao, clock):
    publish(nao)
    clock.sleep(3)
    nao.finish_job("48145", status="failure", message="Disk full.")
    seen = attributes(nao)
    assert (seen["status"], seen["message"], seen["updated_at"]) == (
        "failure",
        "Disk full.",
        "2023-11-13T19:51:00.145Z",
    )


def test_a_job_finished_in_a_strange_way_has_the_message_it_was_given(nao):
    publish(nao)
    nao.finish_job(48145, status="aborted")
    seen = attributes(nao)
    assert (seen["status"], seen["message"], seen["has_finished"]) == ("aborted", None, True)


def test_a_job_finished_early_with_success_says_so(nao):
    publish(nao)
    nao.finish_job(48145)
    assert attributes(nao)["message"] == "success"


def test_a_finished_job_cannot_be_finished_again(nao, clock):
    publish(nao)
    clock.sleep(20)
    with pytest.raises(ValueError, match="background job 48145 has already finished with 'success'"):
        nao.finish_job(48145, status="failure")


def test_a_forgotten_job_is_not_found_and_still_counts_as_a_publication(nao):
    publish(nao)
    nao.forget_job("48145")
    assert look(nao).status == 404
    assert (nao.jobs, nao.publications(910)) == ([], 1)


@pytest.mark.parametrize("change", ["finish_job", "forget_job"])
def test_a_job_that_never_was_cannot_be_changed(nao, change):
    with pytest.raises(LookupError, match=r"there is no background job 7; the jobs are \[\]"):
        getattr(nao, change)(7)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"job_seconds": -1}, "job_seconds must be 0 or more, not -1"),
        ({"job_seconds": math.nan}, "job_seconds must be 0 or more, not nan"),
        ({"first_job_id": 0}, "first_job_id must be a whole number above 0, not 0"),
        ({"requests_per_second": 0}, "requests_per_second must be a number above 0, not 0"),
        ({"host": "0.0.0.0"}, "listens on loopback only .* not on '0.0.0.0'"),  # noqa: S104 - refused
        ({"host": "nao.example"}, "listens on loopback only .* not on 'nao.example'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        Simulator(**arguments)


@pytest.mark.parametrize("site_id", [0, -1, True, "910", 9.5])
def test_a_site_needs_a_number_above_zero(nao, site_id):
    with pytest.raises(ValueError, match="site must be a whole number above 0"):
        nao.add_site(site_id)


def test_a_site_needs_a_length_that_can_be(nao):
    with pytest.raises(ValueError, match="job_seconds must be 0 or more, not -2"):
        nao.add_site(910, job_seconds=-2)
