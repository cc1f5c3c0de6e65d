"""An attempt, written to a record and read from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_nao.attempt import Attempt
from pulumi_nao.models import publication
from tests.attempts import attempt_at, call, wanted
from tests.core.fake_clock import START

ENDED = attempt_at(
    wanted(910, {"zones": "a"}),
    job_id="48145",
    job_url="https://www.nao-cloud.com/api/v2/background_jobs/48145",
    has_finished=True,
    status="failure",
    message="No graph.",
    started_at=START,
    finished_at=START + timedelta(seconds=21),
    duration=21.0,
)


def read(attempt, **changes):
    bag = {**attempt.record, "triggers": attempt.triggers, "answer": attempt.answer, **changes}
    return Attempt.recorded(attempt.action, bag)


@pytest.mark.parametrize(
    "attempt",
    [
        ENDED,
        attempt_at(wanted(910), job_id="1", job_url="url", status="In progress", started_at=START),
        attempt_at(call({"a": 1}), has_finished=True, status="success", answer={"id": "7"}),
    ],
    ids=["failed", "running", "answered at once"],
)
def test_what_is_recorded_is_read_again_as_it_was(attempt):
    assert read(attempt) == attempt


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("job_id", "latest"),
        ("job_id", 48145),
        ("job_url", 5),
        ("message", ["No graph."]),
        ("started_at", "yesterday"),
        ("started_at", 5),
        ("finished_at", "2026-13-01T00:00:00Z"),
        ("duration", "soon"),
        ("answer", "text"),
    ],
)
def test_a_detail_that_is_none_of_ours_is_read_as_none(name, value):
    assert read(ENDED, **{name: value}) == replace(ENDED, **{name: None})


@pytest.mark.parametrize(
    ("name", "value"),
    [("base_url", None), ("base_url", "ftp://nao.example"), ("has_finished", "yes"), ("status", 5)],
)
def test_a_record_of_something_else_is_none(name, value):
    assert read(ENDED, **{name: value}) is None


def test_an_empty_record_is_none():
    assert Attempt.recorded(publication(910), {}) is None
