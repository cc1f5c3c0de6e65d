"""Stacks that an earlier version left, with the version at hand: nothing is published that was published then."""

import math

import pytest

from pulumi_nao import NaoClient
from tests.engine.stack import KEY
from tests.engine.states import HERE, restore

PUBLICATIONS = {
    "job-failed": 2,
    "job-failed-under-a-hook": 2,
    "answer-lost": 2,
    "contact-lost": 1,
    "interrupted": 1,
    "interrupted-under-a-hook": 1,
}
SITES = dict(zip(PUBLICATIONS, range(921, 927), strict=True))
REFRESH = ("refresh", "--yes", "--skip-preview")
DESTROY = ("destroy", "--yes", "--skip-preview")


@pytest.fixture
def searched_stack(stack, inject, searched):
    """The files of the states are searched too: what is secret in them is encrypted."""
    inject("hush-hush", meant=[HERE / "done.py", stack.folder / "__main__.py"])
    searched(HERE)
    return stack


@pytest.fixture
def done(searched_stack):
    restore(searched_stack, "done")
    return searched_stack


@pytest.fixture
def unfinished(searched_stack):
    """With a server that has started the same jobs, all of which have ended but that of `interrupted`."""
    stack = searched_stack
    restore(stack, "unfinished")
    for name, site in SITES.items():
        stack.nao.add_site(site, job_seconds=math.inf if name == "interrupted" else 0)
    sites = {recorded.get("job_id"): recorded["site_id"] for recorded in _recorded(stack).values()}
    with NaoClient(KEY, stack.nao.url) as client:
        for number in range(48145, 48151):
            client.publish(sites.get(str(number), SITES["answer-lost"]))
    stack.nao.add_site(SITES["interrupted"])
    return stack


def _recorded(stack):
    resources = stack.state()["resources"]
    return {r["urn"].split("::")[-1]: r["outputs"] for r in resources if "status" in r.get("outputs", {})}


def _statuses(stack):
    return {name: recorded["status"] for name, recorded in _recorded(stack).items()}


def _publications(stack):
    return {name: stack.nao.publications(site) for name, site in SITES.items()}


def test_a_preview_of_what_is_done_shows_no_change_and_makes_no_request(done):
    run = done.pulumi("preview", "--expect-no-changes")
    assert run.green, run.output
    assert done.nao.count() == 0


def test_a_refresh_and_an_up_of_what_is_done_change_nothing_and_make_no_request(done):
    for command in (REFRESH, ("up", "--yes", "--skip-preview")):
        run = done.pulumi(*command, "--expect-no-changes")
        assert run.green, run.output
    assert done.nao.count() == 0


@pytest.mark.parametrize("state", ["done", "unfinished"])
def test_a_destroy_forgets_without_a_request(state, request):
    stack = request.getfixturevalue(state)
    before = stack.nao.count()
    run = stack.pulumi(*DESTROY)
    assert run.green, run.output
    assert stack.state().get("resources", []) == []
    assert stack.nao.count() == before


def test_an_up_goes_on_with_the_jobs_and_publishes_once_what_failed_or_is_not_known(unfinished):
    nao, job = unfinished.nao, _recorded(unfinished)["interrupted"]["job_id"]

    def looked_at_or_over():
        if any(request.path.endswith(f"/{job}") for request in nao.requests):
            nao.finish_job(job)
            return True
        return process.poll() is not None

    with unfinished.start("up", "--yes", "--skip-preview") as process:
        output = unfinished.end_when(process, looked_at_or_over, signals=())
    assert process.returncode == 0, output
    assert _statuses(unfinished) == dict.fromkeys(SITES, "success")
    assert _publications(unfinished) == PUBLICATIONS


def test_a_refresh_looks_at_the_jobs_and_the_next_up_does_what_is_left(unfinished):
    assert unfinished.pulumi(*REFRESH).green
    assert _statuses(unfinished) == {
        "job-failed": "failure",
        "job-failed-under-a-hook": "failure",
        "answer-lost": "unknown",
        "contact-lost": "success",
        "interrupted": "In progress",
        "interrupted-under-a-hook": "success",
    }
    assert (unfinished.nao.count("job"), unfinished.nao.publications()) == (3, 6)
    unfinished.nao.finish_job(_recorded(unfinished)["interrupted"]["job_id"])
    run = unfinished.up()
    assert run.green, run.output
    assert _publications(unfinished) == PUBLICATIONS
