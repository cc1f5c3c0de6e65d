"""A host that may start few threads: calls wait for one another, and each is made once."""

import math
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from tests.few_threads import LIMIT
from tests.plugin_host.driver import CALL_PROVIDER, CALL_URN, failure_of
from tests.tools.machine import wait_until

FLEET = 12
# More than the host has before the first call, and fewer than the fleet would take.
FEW = 24
# While the provider is imported, the stock pool cannot start a thread, and the serving thread dies of it.
NOT_SERVED = """
import importlib.abc, os, pathlib, sys, threading, time
start, attaching = threading.Thread.start, pathlib.Path(os.environ["PYTHONPATH"], "attaching")
def limited(thread):
    if thread.name.startswith("ThreadPoolExecutor") and attaching.exists():
        raise RuntimeError("can't start new thread")
    start(thread)
threading.Thread.start = limited
class Late(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "pulumi_nao.host":
            attaching.touch()
            while any(thread.name.endswith("(_serve)") for thread in threading.enumerate()):
                time.sleep(0.01)
sys.meta_path.insert(0, Late())
"""
TOO_FEW = (
    "error: the machine lets this run start only a few threads (`ulimit -u`, or pids.max of the container), "
    "too few for it. Raise that limit, or lower PULUMI_PARALLEL\n"
)


def _inputs(nao, site):
    return {"site_id": site, "config_namespace": "nao", "base_url": nao.url}


@pytest.fixture
def few(start_host):
    host = start_host(code=LIMIT.format("pulumi.dynamic", FEW))
    host.check({"site_id": 910, "config_namespace": "nao"})
    return host


def test_a_whole_fleet_is_published_once(few, nao):
    for site in range(1, 1 + FLEET):
        nao.add_site(site, job_seconds=0.5)
    with ThreadPoolExecutor(FLEET) as fleet:
        ids = list(fleet.map(lambda site: few.create(_inputs(nao, site)).id, range(1, 1 + FLEET)))
    assert ids == [str(site) for site in range(1, 1 + FLEET)]
    assert nao.publications() == FLEET
    assert "pulumi_nao" not in few.errors()  # grpc may complain of a thread that it did not get


def test_a_whole_fleet_of_calls_is_made_once_beside_publications(few, nao):
    paths = [f"sites/{number}/import" for number in range(FLEET)]
    for path in paths:
        nao.add_action("PUT", path, job_seconds=0.5)

    def create(path):
        inputs = {"path": path, "method": "PUT", "config_namespace": "nao", "base_url": nao.url}
        return few.create({**inputs, "__provider": CALL_PROVIDER}, urn=f"{CALL_URN}-{path}").id

    few.check({"__provider": CALL_PROVIDER, "path": "sites", "config_namespace": "nao"}, urn=CALL_URN)
    with ThreadPoolExecutor(FLEET + 1) as fleet:
        publication = fleet.submit(few.create, _inputs(nao, 910))
        ids = list(fleet.map(create, paths))
    assert (ids, publication.result().id) == ([f"PUT {path}" for path in paths], "910")
    assert [len(nao.actions("PUT", path)) for path in paths] == [1] * FLEET


def test_a_host_with_too_few_threads_ends_and_says_why(start_host, nao):
    host = start_host(code=LIMIT.format("pulumi.dynamic", 14))
    with pytest.raises(grpc.RpcError) as caught:
        host.check({"site_id": 910, "config_namespace": "nao"})
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert host.errors() == TOO_FEW
    assert nao.count() == 0


def test_a_host_whose_server_takes_no_calls_any_more_ends_and_says_why(start_host, tmp_path):
    host = start_host(code=NOT_SERVED)
    inputs = {"site_id": 910, "config_namespace": "nao"}
    with ThreadPoolExecutor(4) as engine:
        checks = [engine.submit(host.check, inputs)]
        wait_until((tmp_path / "attaching").exists)
        checks += [engine.submit(host.check, inputs) for _ in range(3)]
        codes = {check.exception().code() for check in checks}
    assert codes == {grpc.StatusCode.UNAVAILABLE}
    assert host.errors().endswith(TOO_FEW)


def test_it_says_once_that_the_run_takes_longer(few, nao):
    for site in range(1, 1 + FLEET):
        nao.add_site(site, job_seconds=0)
    with ThreadPoolExecutor(FLEET) as fleet:
        list(fleet.map(lambda site: few.create(_inputs(nao, site)), range(1, 1 + FLEET)))
    [said] = [line.message for line in few.log.lines if "threads" in line.message]
    assert said == (
        "the machine lets this run start only a few threads (`ulimit -u`, or pids.max of the container): "
        "operations wait for one another, and the run takes longer"
    )


def test_a_cancel_ends_all_calls_and_saves_what_was_sent(few, nao):
    for site in range(1, 1 + FLEET):
        nao.add_site(site, job_seconds=math.inf)

    def create(site):
        with pytest.raises(grpc.RpcError) as caught:
            few.create(_inputs(nao, site))
        return failure_of(caught.value)

    with ThreadPoolExecutor(FLEET) as fleet:
        calls = [fleet.submit(create, site) for site in range(1, 1 + FLEET)]
        wait_until(nao.publications)
        few.cancel()
        ends = [call.result() for call in calls]
    saved = [saved.properties["job_id"] for _, saved in ends if saved]
    assert sorted(saved) == sorted(str(job.id) for job in nao.jobs)
    assert all("not sent: cancelled before it began" in text for text, saved in ends if not saved)
    assert len(saved) < FLEET


def test_quick_calls_are_answered_while_all_threads_wait(few, nao):
    for site in range(1, 1 + FLEET):
        nao.add_site(site, job_seconds=math.inf)
    with ThreadPoolExecutor(FLEET) as fleet:
        for site in range(1, 1 + FLEET):
            fleet.submit(few.create, _inputs(nao, site))
        wait_until(nao.publications)
        assert not few.check({"site_id": 910, "config_namespace": "nao"}).failures
        few.cancel()


def test_calls_of_other_providers_that_wait_hold_up_none_of_ours(few, foreign, nao, tmp_path):
    with ThreadPoolExecutor(FLEET) as others:
        calls = [others.submit(foreign, few, number) for number in range(FLEET)]
        wait_until(lambda: len(list(tmp_path.glob("begun-*"))) == 4)
        assert few.create(_inputs(nao, 910)).id == "910"
        assert len(list(tmp_path.glob("begun-*"))) == 4
        (tmp_path / "go").touch()
        assert {call.result().id for call in calls} == {"foreign"}
    assert len(list(tmp_path.glob("made-*"))) == FLEET


def test_a_call_that_runs_is_made_to_its_end_when_the_host_is_told_to_end(few, foreign, tmp_path):
    with ThreadPoolExecutor(1) as other:
        call = other.submit(foreign, few, 1)
        wait_until((tmp_path / "begun-1").exists)
        os.kill(few.pid, signal.SIGINT)
        assert isinstance(call.exception(), grpc.RpcError)
        (tmp_path / "go").touch()
        wait_until((tmp_path / "made-1").exists)
