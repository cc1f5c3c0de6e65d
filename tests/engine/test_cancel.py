"""Ctrl-C, SIGTERM and worse, wherever a publication is at that moment."""

import math
import signal

import psutil
import pytest

from pulumi_nao.simulator import Silence

UP = ("up", "--yes", "--skip-preview")
MANY = """
from pulumi_nao import TrackingConfigPublication
for site in range(1, 201):
    TrackingConfigPublication(f"site-{site}", site_id=site)
"""


@pytest.fixture
def endless(stack):
    """The one site's job runs until it is ended by hand."""
    stack.nao.add_site(910, job_seconds=math.inf)
    return stack


def _saved(stack):
    return stack.publication()["outputs"]["job_id"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_saves_the_job_and_the_next_up_goes_on_with_it(endless, number):
    with endless.start(*UP) as process:
        output = endless.end_when(process, lambda: endless.nao.count("job"), [number])
    assert process.returncode != 0
    assert "the wait was cancelled" in output
    assert _saved(endless) == "48145"
    assert not endless.state().get("pending_operations")
    endless.nao.finish_job("48145")
    assert endless.up().green
    assert _saved(endless) == "48145"
    assert endless.nao.publications(910) == 1


def test_the_answer_to_a_post_in_flight_is_awaited_for_the_jobs_sake(endless):
    endless.nao.script("publish", Silence(3))
    with endless.start(*UP) as process:
        output = endless.end_when(process, lambda: endless.nao.count("publish"))
    assert "waiting up to 10 s for the answer to the request; a second Ctrl-C loses it (site 910)" in output
    assert _saved(endless) == "48145"
    endless.nao.finish_job("48145")
    assert endless.up().green
    assert endless.nao.publications(910) == 1


def test_a_look_that_hangs_does_not_hold_the_run(endless):
    endless.nao.script("job", Silence(300))
    with endless.start(*UP) as process:
        endless.end_when(process, lambda: endless.nao.count("job"))
    assert _saved(endless) == "48145"


def test_two_hundred_waits_end_at_once_and_all_their_jobs_are_saved(stack):
    stack.environment["PULUMI_PARALLEL"] = "256"
    stack.program(MANY)
    for site in range(1, 201):
        stack.nao.add_site(site, job_seconds=math.inf)
    with stack.start(*UP) as process:
        stack.end_when(process, lambda: stack.nao.publications() == 200)
    state = stack.state()
    saved = {r["id"]: r["outputs"]["job_id"] for r in state["resources"] if "job_id" in r.get("outputs", {})}
    assert len(set(saved.values())) == 200
    assert not state.get("pending_operations")


def test_publications_that_wait_for_a_turn_are_not_sent(stack):
    stack.environment |= {"PULUMI_PARALLEL": "256", "NAO_CONCURRENCY": "2"}
    stack.program(MANY.replace("201", "21"))
    for site in range(1, 21):
        stack.nao.add_site(site, job_seconds=math.inf)
    with stack.start(*UP) as process:
        output = stack.end_when(process, lambda: stack.nao.publications() == 2)
    assert "not sent: cancelled" in output
    assert stack.nao.publications() == 2


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGINT, signal.SIGINT), (signal.SIGKILL,)],
    ids=["a second Ctrl-C", "SIGKILL"],
)
def test_no_process_is_left_that_goes_on_looking(endless, signals):
    hosts = []

    def waiting():
        hosts[:] = endless.plugin_hosts(process)
        return endless.nao.count("job") and hosts

    with endless.start(*UP) as process:
        endless.end_when(process, waiting, signals)
    _, alive = psutil.wait_procs(hosts, timeout=30)
    assert alive == []


def test_a_plugin_host_that_is_killed_alone_leaves_neither_record_nor_lock(endless):
    def killed():
        hosts = endless.plugin_hosts(process)
        for host in hosts if endless.nao.count("job") else []:
            host.kill()
        return endless.nao.count("job") and hosts

    with endless.start(*UP) as process:
        output = endless.end_when(process, killed, signals=())
    assert process.returncode != 0
    assert "error: error reading from server: EOF" in output
    assert endless.publication() is None
    endless.nao.add_site(910)
    assert endless.up().green
    assert endless.nao.publications(910) == 2
