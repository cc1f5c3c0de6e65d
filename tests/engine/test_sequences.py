"""How an attempt ends, and what every sequence of commands after it makes of it.

One stack holds a publication for each way to end, so that a sequence is played for all of them at once.
"""

import contextlib
import math

import pytest

from pulumi_nao.simulator import Answer, HangUp, Simulator
from tests.conftest import simulated
from tests.engine.stack import KEY, Stack

SITES = {
    "done": 901,
    "job-failed": 902,
    "job-runs-on": 903,
    "key-expired": 904,
    "job-record-gone": 905,
    "may-have-started": 906,
    "rejected": 907,
    "not-sent": 908,
}
PROGRAM = f"""
import pulumi
from pulumi_nao import TrackingConfigPublication

short = pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s", update="2s"))
for name, site in {SITES!r}.items():
    TrackingConfigPublication(
        name,
        site_id=site,
        triggers={{"zones": pulumi.Config().get("zones") or "a"}},
        config_namespace="nao-other" if name == "not-sent" else "nao",
        opts=short if name in ("job-runs-on", "not-sent") else None,
    )
"""
BROKEN = {
    "job-failed": ("failure", True),
    "job-runs-on": ("In progress", True),
    "key-expired": ("unknown", True),
    "job-record-gone": ("unknown", False),
    "may-have-started": ("unknown", False),
}


class World:
    """The stack, its two servers, and the troubles that can be brought about and mended."""

    def __init__(self, stack, other):
        self.stack = stack
        self.nao = stack.nao
        self.other = other

    def break_down(self):
        self.nao.add_site(SITES["job-failed"], graph=False)
        self.nao.add_site(SITES["job-runs-on"], job_seconds=math.inf)
        self.nao.script("job", Answer(401), site=SITES["key-expired"])
        self.nao.script("job", Answer(404), site=SITES["job-record-gone"], times=None)
        self.nao.script("publish", HangUp(after_effect=True), site=SITES["may-have-started"])
        self.nao.script("publish", Answer(422), site=SITES["rejected"])
        self.other.stop()

    def mend(self):
        self.nao.clear_scripts()
        for job in self.nao.jobs:
            if not job.has_finished:
                self.nao.finish_job(job.id)
        for site in SITES.values():
            self.nao.add_site(site)
        self.other.start()

    def up(self):
        return self.stack.up("--continue-on-error")

    def publications(self):
        return {
            name: (self.other if name == "not-sent" else self.nao).publications(site) for name, site in SITES.items()
        }

    def job_of(self, name):
        return next(
            request.job.id for request in self.nao.requests if request.job and f"/{SITES[name]}/" in request.path
        )

    def recorded(self):
        """Status and whether a job is known, by name; a publication without a record is left out."""
        resources = self.stack.state().get("resources", [])
        found = {r["urn"].split("::")[-1]: r["outputs"] for r in resources if "status" in r.get("outputs", {})}
        return {name: (outputs["status"], "job_id" in outputs) for name, outputs in found.items()}


@contextlib.contextmanager
def _world(stack):
    with Simulator() as other:
        other.add_key(KEY)
        other.add_site(SITES["not-sent"])
        stack.environment |= {"PULUMI_PARALLEL": "32", "NAO_OTHER_BASE_URL": other.url, "NAO_OTHER_API_KEY": KEY}
        stack.program(PROGRAM)
        for site in SITES.values():
            stack.nao.add_site(site)
        yield World(stack, other)


@pytest.fixture
def world(stack):
    with _world(stack) as world:
        yield world


@pytest.fixture
def broken(world):
    """After a first `up` in which all but one publication have failed, each in its way; then all is well again."""
    world.break_down()
    run = world.up()
    assert run.code != 0
    world.mend()
    return world


@pytest.fixture(scope="module")
def _broken_once(tmp_path_factory, engine_path, empty_project):
    with (
        simulated() as nao,
        _world(Stack(tmp_path_factory.mktemp("broken"), engine_path, nao, empty_project)) as world,
    ):
        world.break_down()
        return world, world.up()


@pytest.fixture
def broken_once(_broken_once, searched):
    """The same world, and that first `up`, for tests that only look."""
    world, run = _broken_once
    assert run.code != 0
    searched(world.stack.folder.parent, run.output)
    return world, run


def test_each_way_to_end_is_recorded_as_the_documentation_says(broken_once):
    world, _ = broken_once
    assert world.recorded() == {"done": ("success", True), **BROKEN}


def test_a_failed_job_is_shown_in_our_words_and_one_line_of_the_engine(broken_once):
    world, run = broken_once
    assert run.diagnostics("job-failed") == [
        "error: publication of site 902 failed: Missing graph or indoor area. Please add.",
        f"Job: {world.nao.url}/api/v2/background_jobs/{world.job_of('job-failed')}",
        "Status 'failure' after 0 s.",
        "The next `pulumi up` publishes again.",
        "error: resource init failed",
    ]


def test_no_ending_shows_a_traceback(broken_once):
    _, run = broken_once
    shown = {name: "\n".join(run.diagnostics(name)) for name in SITES if name != "done"}
    assert [name for name, text in shown.items() if not text.startswith("error: publication of site ")] == []
    assert [name for name, text in shown.items() if "Traceback" in text or "Exception" in text] == []


def test_the_next_up_waits_on_publishes_or_tries_again(broken):
    run = broken.up()
    assert run.green, run.output
    assert broken.publications() == {
        "done": 1,
        "job-failed": 2,
        "job-runs-on": 1,
        "key-expired": 1,
        "job-record-gone": 2,
        "may-have-started": 2,
        "rejected": 1,
        "not-sent": 1,
    }
    assert set(broken.recorded().values()) == {("success", True)}


def test_a_refresh_in_between_hides_no_failure(broken):
    assert broken.stack.pulumi("refresh", "--yes", "--skip-preview").green
    assert broken.recorded() == {
        "done": ("success", True),
        **BROKEN,
        "job-runs-on": ("success", True),
        "key-expired": ("success", True),
    }
    run = broken.up()
    assert run.green, run.output
    assert broken.publications() == {
        "done": 1,
        "job-failed": 2,
        "job-runs-on": 1,
        "key-expired": 1,
        "job-record-gone": 2,
        "may-have-started": 2,
        "rejected": 1,
        "not-sent": 1,
    }


def test_other_triggers_are_published_once_after_the_old_job_has_ended(broken):
    broken.stack.set("zones", "b")
    run = broken.up()
    assert run.green, run.output
    assert broken.publications() == {
        "done": 2,
        "job-failed": 2,
        "job-runs-on": 2,
        "key-expired": 2,
        "job-record-gone": 2,
        "may-have-started": 2,
        "rejected": 1,
        "not-sent": 1,
    }


def test_a_revert_publishes_the_old_triggers_again_wherever_the_change_may_have_reached_the_server(world):
    assert world.up().green
    world.break_down()
    world.stack.set("zones", "b")
    assert world.up().code != 0
    world.mend()
    world.stack.set("zones", "a")
    run = world.up()
    assert run.green, run.output
    assert world.publications() == {
        "done": 3,
        "job-failed": 3,
        "job-runs-on": 3,
        "key-expired": 3,
        "job-record-gone": 3,
        "may-have-started": 3,
        "rejected": 1,
        "not-sent": 1,
    }
    assert world.stack.up("--expect-no-changes").green


def test_destroy_needs_no_key_and_makes_no_request(broken):
    del broken.stack.environment["NAO_API_KEY"]
    before = broken.nao.count()
    assert broken.stack.pulumi("destroy", "--yes", "--skip-preview").green
    assert broken.nao.count() == before
    assert broken.recorded() == {}
