"""What the provider answers inside the real host."""

import threading

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2

from tests.plugin_host.conftest import KEY
from tests.plugin_host.driver import URN, failure_of
from tests.tools.machine import wait_until

DEFECT = """
import os, sys
sys.path.insert(0, os.environ["PYTHONPATH"])
from pulumi_nao import jobs
def wait(*_arguments, **_named):
    raise ZeroDivisionError("key " + os.environ["NAO_API_KEY"])
jobs.wait = wait
"""


def _inputs(nao, site=910, **more):
    return {"site_id": site, "config_namespace": "nao", "base_url": nao.url, **more}


def _outputs(host, nao, **more):
    return json_format.MessageToDict(host.create(_inputs(nao, **more)).properties)


def _failure(call):
    """The status that the engine reads, with what is to be saved."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    return failure_of(caught.value)


def test_check_brings_inputs_into_one_form(host, nao):
    answer = host.check({"site_id": "910", "triggers": {"a": 5}, "config_namespace": "nao"})
    inputs = json_format.MessageToDict(answer.inputs)
    del inputs["__provider"]
    assert inputs == {
        "site_id": 910.0,
        "triggers": {"a": 5.0},
        "config_namespace": "nao",
        "base_url": nao.url,
    }


def test_check_names_all_problems_by_path_and_no_property(host):
    answer = host.check({"site_id": -1, "triggers": {"a": 2.0**60}, "config_namespace": "nao"})
    assert [failure.property for failure in answer.failures] == ["", ""]
    assert [failure.reason.split(":")[0] for failure in answer.failures] == ["site_id", "triggers.a"]


def test_check_lets_unknowns_pass(host):
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    answer = host.check({"site_id": unknown, "triggers": [{"a": unknown}], "config_namespace": "nao"})
    assert not answer.failures


def test_check_reports_a_malformed_key(start_host):
    host = start_host(NAO_API_KEY="two words")
    failure = host.check({"site_id": 910, "config_namespace": "nao"}).failures[0].reason
    assert failure.startswith("the key from the environment variable NAO_API_KEY cannot be used")
    assert "two words" not in failure


def test_create_publishes_and_returns_the_site_as_id(host, nao):
    answer = host.create(_inputs(nao))
    assert answer.id == "910"
    assert nao.publications(910) == 1


def test_the_outputs_carry_the_job(host, nao):
    outputs = _outputs(host, nao)
    assert (outputs["job_id"], outputs["status"], outputs["has_finished"]) == ("48145", "success", True)


def test_an_unchanged_publication_has_no_difference(host, nao):
    outputs = _outputs(host, nao, triggers={"a": 1})
    answer = host.diff(outputs, _inputs(nao, triggers={"a": 1.0}))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_other_triggers_update_in_place(host, nao):
    outputs = _outputs(host, nao, triggers={"a": 1})
    answer = host.diff(outputs, _inputs(nao, triggers={"a": 2}))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == []


def test_another_site_replaces(host, nao):
    answer = host.diff(_outputs(host, nao), _inputs(nao, site=912))
    assert list(answer.replaces) == ["site_id"]


def test_an_unknown_trigger_will_change(host, nao):
    news = _inputs(nao, triggers={"a": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})
    answer = host.diff(_outputs(host, nao), news)
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME


def test_a_failed_job_is_saved_with_its_words_on_the_resources_row(host, nao):
    host.check({"site_id": 911, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao, site=911)))
    assert saved.id == "911"
    assert json_format.MessageToDict(saved.properties)["message"] == "Missing graph or indoor area. Please add."
    assert list(saved.reasons) == []
    assert host.log.lines[-1].message.startswith("publication of site 911 failed: Missing graph or indoor area.")
    assert host.log.lines[-1].urn.endswith("::site")


def test_a_rejected_publication_saves_nothing(host, nao):
    host.check({"site_id": 5, "config_namespace": "nao"})
    message, saved = _failure(lambda: host.create(_inputs(nao, site=5)))
    assert message.startswith("publication of site 5 refused by the server: 404 Not Found\n")
    assert message.endswith("\n  The next `pulumi up` tries again.")
    assert saved is None


def test_the_time_out_of_the_call_counts(host, nao):
    nao.add_site(910, job_seconds=60)
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao), timeout=1.0))
    assert "the limit set by custom_timeouts.create" in host.log.lines[-1].message
    assert host.log.lines[-1].message.endswith("\n  The next `pulumi up` goes on waiting for this job.")
    assert json_format.MessageToDict(saved.properties)["job_id"] == "48145"


def test_cancel_ends_waits_and_saves_their_jobs(host, nao):
    nao.add_site(910, job_seconds=60)
    host.check({"site_id": 910, "config_namespace": "nao"})
    cancel = threading.Thread(target=lambda: (wait_until(lambda: nao.count("job")), host.cancel()))
    cancel.start()
    _, saved = _failure(lambda: host.create(_inputs(nao)))
    cancel.join()
    assert json_format.MessageToDict(saved.properties)["job_id"] == "48145"


def test_an_update_goes_on_with_the_recorded_job(host, nao):
    nao.add_site(910, job_seconds=60)
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao), timeout=1.0))
    nao.finish_job("48145")
    answer = host.update(json_format.MessageToDict(saved.properties), _inputs(nao))
    assert json_format.MessageToDict(answer.properties)["status"] == "success"
    assert nao.publications(910) == 1


def test_read_of_a_success_returns_what_is_stored_without_a_request(host, nao):
    outputs = _outputs(host, nao)
    before = nao.count()
    answer = host.read(outputs)
    assert json_format.MessageToDict(answer.properties) == {**outputs, "__provider": outputs["__provider"]}
    assert answer.id == "910"
    assert nao.count() == before


def test_read_of_an_unfinished_job_shows_how_it_ended(host, nao):
    nao.add_site(910, job_seconds=60)
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao), timeout=1.0))
    nao.finish_job("48145", status="failure", message="Too many zones.")
    answer = host.read(json_format.MessageToDict(saved.properties))
    assert json_format.MessageToDict(answer.properties)["message"] == "Too many zones."


def test_read_in_trouble_warns_and_keeps_what_is_stored(host, nao):
    nao.add_site(910, job_seconds=60)
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao), timeout=1.0))
    nao.revoke_key("k-0123456789-host-tier")
    stored = json_format.MessageToDict(saved.properties)
    assert json_format.MessageToDict(host.read(stored).properties) == stored
    assert "its job was not looked at" in host.log.lines[-1].message


UNSEEN = {
    "site_id": 910,
    "config_namespace": "nao",
    "base_url": "https://127.0.0.1:9",
    "job_id": "48145",
    "job_url": "https://127.0.0.1:9/api/v2/background_jobs/48145",
    "has_finished": False,
    "status": "In progress",
}


@pytest.fixture
def misled(start_host, tmp_path):
    """A host that is told of a file of authorities that is not there."""
    return start_host(NAO_BASE_URL=UNSEEN["base_url"], REQUESTS_CA_BUNDLE=str(tmp_path / "nowhere.pem"))


def test_a_recorded_job_that_cannot_be_looked_at_ends_the_update_and_stays_recorded(misled):
    news = {name: UNSEEN[name] for name in ("site_id", "config_namespace", "base_url")}
    misled.check(news)
    _, saved = _failure(lambda: misled.update(UNSEEN, news))
    assert json_format.MessageToDict(saved.properties)["job_id"] == "48145"
    assert misled.log.lines[-1].message == (
        "publication of site 910 not followed to its end: the file named by REQUESTS_CA_BUNDLE does not exist; "
        "the job goes on in NAO Cloud\n"
        "  Job: https://127.0.0.1:9/api/v2/background_jobs/48145\n"
        "  No look at the job has succeeded so far.\n"
        "  The next `pulumi up` goes on waiting for this job."
    )


def test_read_of_a_job_that_cannot_be_looked_at_warns_why(misled):
    misled.check({"site_id": 910, "config_namespace": "nao"})
    answer = misled.read(UNSEEN)
    assert json_format.MessageToDict(answer.properties)["job_id"] == "48145"
    assert misled.log.lines[-1].message == (
        "publication of site 910: its job was not looked at: the file named by REQUESTS_CA_BUNDLE does not exist"
    )


def test_the_first_call_of_all_warns_on_its_resources_row(start_host, nao):
    host = start_host(NAO_API_KEY="")
    unfinished = {"base_url": nao.url, "has_finished": False, "status": "In progress", "job_id": "48145"}
    host.read({"site_id": 910, "config_namespace": "nao", **unfinished})
    assert [(line.urn, line.message.partition(": its job")[0]) for line in host.log.lines] == [
        (URN, "publication of site 910")
    ]


def test_the_first_call_of_all_fails_in_words(host):
    message, saved = _failure(lambda: host.read({}))
    assert message.startswith("a publication cannot be imported: ")
    assert saved is None


def test_an_import_is_refused_in_words(host):
    host.check({"site_id": 910, "config_namespace": "nao"})
    message, _ = _failure(lambda: host.read({"site_id": 910, "_configuration": {"server": "", "names": []}}))
    assert message.startswith("a publication cannot be imported")


def test_a_record_of_a_trigger_that_is_refused_today_can_be_refreshed_mended_and_destroyed(host, nao):
    recorded = _outputs(host, nao, triggers={"z": "Calling __str__ on an Output[T] is not supported.\n\nTo get..."})
    assert host.check({"site_id": 910, "triggers": recorded["triggers"], "config_namespace": "nao"}).failures
    assert json_format.MessageToDict(host.read(recorded).properties) == recorded
    assert host.diff(recorded, _inputs(nao, triggers={"z": "48145"})).changes == provider_pb2.DiffResponse.DIFF_SOME
    host.delete(recorded)


def test_delete_makes_no_request(host, nao):
    outputs = _outputs(host, nao)
    before = nao.count()
    host.delete(outputs)
    assert nao.count() == before


def test_a_malformed_time_out_in_the_configuration_is_a_check_failure(start_host):
    host = start_host(config={"nao:timeout": "half an hour"})
    failure = host.check({"site_id": 910, "config_namespace": "nao"}).failures[0].reason
    assert failure.startswith("configuration nao:timeout: write a number with its unit")


def test_a_defect_keeps_its_traceback_asks_for_a_report_and_hides_the_key(start_host, nao):
    host = start_host(code=DEFECT)
    host.check({"site_id": 910, "config_namespace": "nao"})
    message, _ = _failure(lambda: host.create(_inputs(nao)))
    shown = message + host.log.lines[-1].message
    assert "publication of site 910 met a defect of pulumi-nao: ZeroDivisionError: key [redacted]" in shown
    assert "Please report it to the project, with these lines:" in shown
    assert "in wait" in shown
    assert KEY not in shown + host.errors()


def test_a_defect_after_the_job_was_accepted_does_not_lose_the_job(start_host, nao):
    host = start_host(code=DEFECT)
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao)))
    assert json_format.MessageToDict(saved.properties)["job_id"] == "48145"


def test_a_wait_for_the_job_of_other_triggers_records_nothing_and_says_what_the_next_up_does(start_host, nao):
    nao.add_site(910, job_seconds=60)
    host = start_host()
    host.check({"site_id": 910, "config_namespace": "nao"})
    _, saved = _failure(lambda: host.create(_inputs(nao, triggers={"a": 1}), timeout=1.0))
    olds = json_format.MessageToDict(saved.properties)
    next_run = start_host()
    next_run.check({"site_id": 910, "config_namespace": "nao"})
    message, saved = _failure(lambda: next_run.update(olds, _inputs(nao, triggers={"a": 2}), timeout=1.0))
    assert saved is None
    assert message.endswith("\n  The next `pulumi up` waits for this job to end, and publishes.")
