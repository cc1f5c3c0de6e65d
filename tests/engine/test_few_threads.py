"""A machine that lets few threads be started: the whole run under one limit, and the plugin host alone."""

import math
import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.few_threads import LIMIT
from tests.missing import leave_out

FLEET = range(1, 41)
PROGRAM = """
from pulumi_nao import TrackingConfigPublication
for site in range(1, 41):
    TrackingConfigPublication(f"site-{site}", site_id=site)
"""
# In place of `pulumi`: takes itself under the limit, and all that it starts.
LIMITED = """#!{python}
import os, pathlib, resource, sys
{limit}
os.execv({pulumi!r}, sys.argv)
"""


@contextmanager
def _limited_to(most):
    """A line of Python that limits its process, and all below it, to so many threads together."""
    if os.getuid():  # root's threads are not counted
        mine = [process for process in psutil.process_iter(["uids"]) if process.info["uids"].real == os.getuid()]
        most += sum(process.num_threads() for process in mine)
        yield f"resource.setrlimit(resource.RLIMIT_NPROC, ({most}, {most}))"
        return
    of_pids = {line.split(":")[1]: line.split(":")[2] for line in Path("/proc/self/cgroup").read_text().splitlines()}
    parent = Path(f"/sys/fs/cgroup/pids/{of_pids['pids']}" if "pids" in of_pids else f"/sys/fs/cgroup/{of_pids['']}")
    group = parent / f"pulumi-nao-tests-{os.getpid()}"
    try:
        group.mkdir()
        (group / "pids.max").write_text(str(most))
    except OSError as error:
        leave_out(f"NO RUN UNDER A LIMIT OF THREADS: root is limited by a cgroup alone, and {error}")
    try:
        yield f"pathlib.Path({str(group / 'cgroup.procs')!r}).write_text(str(os.getpid()))"
    finally:
        psutil.wait_procs([psutil.Process(int(pid)) for pid in (group / "cgroup.procs").read_text().split()], 30)
        group.rmdir()


@pytest.fixture
def fleet(stack):
    stack.environment["PULUMI_PARALLEL"] = "64"
    stack.program(PROGRAM)
    for site in FLEET:
        stack.nao.add_site(site, job_seconds=1)
    return stack


@pytest.fixture
def limited(fleet, tmp_path):
    """The fleet with 100 threads for engine, program and host together."""
    if not sys.platform.startswith("linux"):
        leave_out("NO RUN UNDER A LIMIT OF THREADS: only Linux counts them")
    pulumi = shutil.which("pulumi", path=fleet.environment["PATH"])
    with _limited_to(100) as limit:
        (tmp_path / "limited").mkdir()
        wrapper = tmp_path / "limited" / "pulumi"
        wrapper.write_text(LIMITED.format(python=sys.executable, limit=limit, pulumi=pulumi))
        wrapper.chmod(0o755)
        fleet.environment["PATH"] = os.pathsep.join([str(wrapper.parent), fleet.environment["PATH"]])
        yield fleet


def _recorded(stack):
    resources = stack.state().get("resources", [])
    return sorted(resource["outputs"]["job_id"] for resource in resources if "job_id" in resource.get("outputs", {}))


def _published(stack):
    return sorted(str(job.id) for job in stack.nao.jobs)


def test_a_run_under_one_limit_ends_and_records_every_publication(limited):
    run = limited.up()
    assert _recorded(limited) == _published(limited)
    assert run.green or "can't start new thread" in run.output, run.output
    assert "defect" not in run.output


def test_one_ctrl_c_ends_such_a_run_and_all_that_was_sent_is_recorded(limited):
    for site in FLEET:
        limited.nao.add_site(site, job_seconds=math.inf)
    with limited.start("up", "--yes", "--skip-preview") as process:
        output = limited.end_when(process, limited.nao.publications)
    assert process.returncode != 0
    assert "not sent: cancelled before it began" in output
    assert _recorded(limited) == _published(limited) != []
    assert not limited.state().get("pending_operations")


def test_a_host_with_few_threads_publishes_the_fleet(fleet, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LIMIT.format("pulumi.dynamic", 30))
    fleet.environment["PYTHONPATH"] = str(tmp_path)
    run = fleet.up()
    assert run.green, run.output
    assert fleet.nao.publications() == 40
    assert "operations wait for one another, and the run takes longer" in run.output
