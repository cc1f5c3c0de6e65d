"""Rows of the fault matrix on the real engine: two runs of `pulumi up`, the fault in the first.

One stack has a site for each row, so that all rows are played at once.
"""

from dataclasses import dataclass

import pytest

from tests.conftest import simulated
from tests.engine.stack import Run, Stack
from tests.faults.catalogue import injection

MAY_HAVE_STARTED = "publication of site {site} may have started: "
NOT_FOLLOWED = "publication of site {site} not followed to its end: "
REFUSED = "publication of site {site} refused by the server: "


@dataclass(frozen=True)
class Row:
    """What comes of a fault.

    Attributes:
        said: In the first run.
        status: What the first run records; `None` for nothing at all.
        job: Whether it records the job.
        jobs: How many jobs there are after the second run.
    """

    said: str
    status: str | None
    job: bool
    jobs: int


ROWS = {
    "publish:1=reset-before": Row(MAY_HAVE_STARTED + "the connection was reset", "unknown", job=False, jobs=1),
    "publish:1=reset-after": Row(MAY_HAVE_STARTED + "the connection was reset", "unknown", job=False, jobs=2),
    "publish:1=html-504": Row(MAY_HAVE_STARTED + "the server answered 504", "unknown", job=False, jobs=2),
    "publish:1=location-other-host": Row(
        MAY_HAVE_STARTED + "the job is said to be on another", "unknown", job=False, jobs=2
    ),
    "job:1=401": Row(NOT_FOLLOWED + "the server refuses the key: 401", "unknown", job=True, jobs=1),
    "job:1-3=json-null": Row(NOT_FOLLOWED + "the answer is no job", "unknown", job=True, jobs=1),
    "job:1=json-finished-unknown": Row("the job ended with status 'Paused'", "Paused", job=True, jobs=2),
    "publish:1=422": Row(REFUSED + "422 Unprocessable Entity", None, job=False, jobs=1),
    "publish:1=401": Row(REFUSED + "401 Unauthorized", None, job=False, jobs=1),
}
SITES = {row: 920 + number for number, row in enumerate(ROWS)}
PROGRAM = f"""
from pulumi_nao import TrackingConfigPublication
for site in {[*SITES.values()]!r}:
    TrackingConfigPublication(f"site-{{site}}", site_id=site)
"""


@dataclass(frozen=True)
class Played:
    """Both runs, with what each recorded, by site."""

    stack: Stack
    runs: tuple[Run, Run]
    recorded: tuple[dict, dict]


@pytest.fixture(scope="module")
def _played(tmp_path_factory, engine_path, empty_project):
    with simulated() as nao:
        stack = Stack(tmp_path_factory.mktemp("rows"), engine_path, nao, empty_project)
        stack.environment["PULUMI_PARALLEL"] = "32"
        stack.program(PROGRAM)
        for row, site in SITES.items():
            nao.add_site(site)
            route, _, rest = row.partition(":")
            nao.inject(injection(f"{route}/{site}:{rest}"))
        first = stack.up("--continue-on-error")
        broken = _recorded(stack)
        return Played(stack, (first, stack.up()), (broken, _recorded(stack)))


def _recorded(stack):
    outputs = [
        resource["outputs"] for resource in stack.state()["resources"] if "status" in resource.get("outputs", {})
    ]
    return {each["site_id"]: each for each in outputs}


@pytest.fixture
def played(_played, searched):
    searched(_played.stack.folder.parent, *(run.output for run in _played.runs))
    return _played


@pytest.mark.parametrize("name", ROWS)
def test_a_fault_makes_the_run_red_and_the_next_run_ends_what_it_left(played, name):
    row, site = ROWS[name], SITES[name]
    first, second = played.runs
    assert first.code != 0
    assert row.said.format(site=site) in "\n".join(first.diagnostics(f"site-{site}"))
    outputs = played.recorded[0].get(site, {})
    job = next(job.id for job in played.stack.nao.jobs if job.site_id == site)
    assert (outputs.get("status"), outputs.get("job_id")) == (row.status, str(job) if row.job else None)
    assert second.green, second.output
    assert played.recorded[1][site]["status"] == "success"
    assert played.stack.nao.publications(site) == row.jobs


def test_faults_that_pass_leave_one_green_run_and_one_job(stack):
    for text in (
        "publish:1=429-seconds:1",
        "publish:2=truncate-body",
        "job:1=html-502",
        "job:2=reset-after",
        "job:3=stall-in-body:0.2",
        "job:4=gzip-broken",
    ):
        stack.nao.inject(injection(text))
    assert stack.up().green
    assert (stack.nao.count("publish"), stack.nao.publications(910)) == (2, 1)
