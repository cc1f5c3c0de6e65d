"""How long an `up` waits, and for whom."""

import math

import pytest

LIMITED = """
import pulumi
from pulumi_nao import TrackingConfigPublication
TrackingConfigPublication(
    "site",
    site_id=910,
    triggers={"zones": pulumi.Config().get("zones") or "a"},
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s", update="1s")),
)
"""
TWINS = """
from pulumi_nao import TrackingConfigPublication
for name in ("first", "second"):
    TrackingConfigPublication(name, site_id=910)
"""


@pytest.fixture
def limited(stack):
    stack.program(LIMITED)
    stack.environment["NAO_TIMEOUT"] = "1h"
    return stack


def test_custom_timeouts_end_the_wait_and_the_next_up_goes_on(limited):
    limited.nao.add_site(910, job_seconds=math.inf)
    run = limited.up()
    assert "not finished after 2 s, the limit set by custom_timeouts.create" in run.output
    limited.nao.finish_job("48145")
    assert limited.up().green
    assert limited.nao.publications(910) == 1


def test_going_on_with_a_wait_is_an_update_with_a_time_of_its_own(limited):
    limited.nao.add_site(910, job_seconds=math.inf)
    limited.up()
    assert "not finished after 1 s, the limit set by custom_timeouts.update" in limited.up().output
    limited.nao.finish_job("48145")
    assert limited.up().green
    assert limited.nao.publications(910) == 1


def test_a_refresh_after_the_time_ran_out_finds_the_success(stack):
    stack.environment["NAO_TIMEOUT"] = "1s"
    stack.nao.add_site(910, job_seconds=math.inf)
    assert not stack.up().green
    stack.nao.finish_job("48145")
    assert stack.pulumi("refresh", "--yes", "--skip-preview").green
    assert stack.publication()["outputs"]["status"] == "success"
    assert stack.up("--expect-no-changes").green


def test_an_up_that_refreshes_first_goes_on_as_well(stack):
    stack.environment["NAO_TIMEOUT"] = "1s"
    stack.nao.add_site(910, job_seconds=math.inf)
    assert not stack.up().green
    stack.environment["NAO_TIMEOUT"] = "1m"
    stack.nao.finish_job("48145")
    assert stack.up("--refresh").green
    assert stack.nao.publications(910) == 1


def test_two_publications_of_one_site_take_turns(stack):
    stack.program(TWINS)
    stack.nao.add_site(910, job_seconds=1.5)
    run = stack.up()
    assert run.green, run.output
    first, second = stack.nao.jobs
    assert first.updated_at <= second.created_at
    assert "waiting for another publication of site 910 to end (site 910)" in run.output


def test_more_than_four_publications_run_at_a_time(stack):
    stack.environment |= {"PULUMI_PARALLEL": "64", "NAO_TIMEOUT": "5s"}
    stack.program(
        TWINS.replace('("first", "second")', "range(1, 21)").replace("name, site_id=910", "f'{name}', name")
    )
    for site in range(1, 21):
        stack.nao.add_site(site, job_seconds=math.inf)
    stack.up()
    assert stack.nao.publications() == 20
