"""An error hook makes the engine call again in the same run, with the record from before the first call."""

import math
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import engine_pb2

from tests.plugin_host.driver import URN, failure_of
from tests.tools.machine import wait_until


@pytest.fixture
def create(host, nao):
    """Create the publication of a site whose job has no end; return the failure and what is to be saved."""
    nao.add_site(910, job_seconds=math.inf)
    host.check({"site_id": 910, "config_namespace": "nao"})

    def call(*, timeout=0.5, **more):
        inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url, **more}
        with pytest.raises(grpc.RpcError) as caught:
            host.create(inputs, timeout)
        message, saved = failure_of(caught.value)
        return message, saved and json_format.MessageToDict(saved.properties)

    return call


def test_another_try_for_the_same_triggers_waits_for_the_same_job(create, nao):
    create(triggers={"zones": "a"})
    _, saved = create(triggers={"zones": "a"})
    assert saved["job_id"] == "48145"
    assert nao.publications(910) == 1


def test_a_job_that_ends_meanwhile_is_the_success(create, host, nao):
    create()
    nao.finish_job(48145)
    answer = host.create({"site_id": 910, "config_namespace": "nao", "base_url": nao.url}, 5.0)
    assert json_format.MessageToDict(answer.properties)["status"] == "success"
    assert nao.publications(910) == 1


def test_an_update_is_tried_again_with_an_old_record_that_says_nothing_of_the_first_try(host, nao):
    nao.add_site(910, job_seconds=math.inf)
    inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url}
    former = {**inputs, "has_finished": True, "status": "success", "job_id": "1", "triggers": {"zones": "a"}}
    host.check(inputs)
    for _ in range(2):
        with pytest.raises(grpc.RpcError):
            host.update(former, {**inputs, "triggers": {"zones": "b"}}, 0.5)
    assert nao.publications(910) == 1


def test_other_triggers_wait_for_the_job_and_then_are_published(create, host, nao):
    create(triggers={"zones": "a"})
    nao.add_site(910)
    nao.finish_job(48145)
    host.create(
        {"site_id": 910, "config_namespace": "nao", "base_url": nao.url, "triggers": {"zones": "b"}}, timeout=5.0
    )
    assert nao.publications(910) == 2


def test_a_wait_for_other_triggers_keeps_the_record_with_its_own(create):
    create(triggers={"zones": "a"})
    message, saved = create(triggers={"zones": "b"})
    assert saved["triggers"] == {"zones": "a"}
    assert saved["job_id"] == "48145"
    assert message == "the attempt is recorded"


def test_another_site_under_the_same_name_is_new(create, nao):
    create()
    nao.add_site(912, job_seconds=math.inf)
    _, saved = create(site_id=912)
    assert saved["job_id"] == "48146"
    assert nao.publications(912) == 1


def test_a_job_that_failed_is_published_again(create, nao):
    nao.add_site(910, graph=False)
    create()
    create()
    assert nao.publications(910) == 2


@pytest.mark.parametrize("trouble", ["refuse", "401"])
def test_an_attempt_of_unknown_outcome_stays_recorded_when_the_next_try_is_not_sent(create, nao, trouble):
    nao.script("publish", "reset-after", trouble)
    create(timeout=2)
    _, saved = create(timeout=2)
    assert saved["status"] == "unknown"


def test_a_try_that_is_cancelled_keeps_the_job(create, host):
    create()
    host.cancel()
    _, saved = create()
    assert saved["job_id"] == "48145"


def test_a_try_that_gets_no_turn_keeps_the_job(create, host, nao):
    create()
    inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url}
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(host.create, inputs, urn=f"{URN}-other")
        wait_until(lambda: nao.publications(910) == 2)
        again = pool.submit(create)
        wait_until(lambda: any("waiting for another publication" in line.message for line in host.log.lines))
        host.cancel()
        _, saved = again.result()
        assert isinstance(other.exception(), grpc.RpcError)
    assert saved["job_id"] == "48145"


def test_a_try_that_is_refused_keeps_the_job_and_says_so(create, host, nao):
    create(triggers={"zones": "a"})
    nao.finish_job(48145)
    nao.script("publish", "401")
    _, saved = create(triggers={"zones": "b"})
    assert saved["job_id"] == "48145"
    assert host.log.lines[-1].message.endswith("\n  The next `pulumi up` takes up job 48145 first.")


def test_a_success_is_forgotten(create, host, nao):
    create()
    nao.finish_job(48145)
    inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url}
    host.create(inputs, 5.0)
    nao.add_site(910)
    host.create(inputs, 5.0)
    assert nao.publications(910) == 2


def test_the_reason_is_for_the_hook_where_there_is_one(host, nao):
    inputs = {"site_id": 911, "config_namespace": "nao", "base_url": nao.url, "_error_hook": True}
    host.check({"site_id": 911, "config_namespace": "nao"})
    with pytest.raises(grpc.RpcError) as caught:
        host.create(inputs)
    _, saved = failure_of(caught.value)
    assert saved.reasons[0].startswith("publication of site 911 failed: Missing graph or indoor area. Please add.\n")
    assert [line for line in host.log.lines if line.severity == engine_pb2.ERROR and line.urn == URN] == []


def test_what_is_done_is_not_published_again_for_a_stored_reason_of_an_earlier_try(host, nao):
    inputs = {"site_id": 910, "config_namespace": "nao", "base_url": nao.url, "triggers": {"zones": "a"}}
    host.check(inputs)
    outputs = json_format.MessageToDict(host.create(inputs).properties)
    assert json_format.MessageToDict(host.update(outputs, inputs).properties) == outputs
    assert nao.publications(910) == 1
