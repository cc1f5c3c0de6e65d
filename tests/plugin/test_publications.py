"""Every promise of a publication, on the native surface."""

import math
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from pulumi.runtime.proto import engine_pb2, provider_pb2

from tests.few_threads import LIMIT
from tests.plugin.conftest import environment_of
from tests.plugin.driver import MARK, UNKNOWN, Publication, output, running_plugin, secret
from tests.plugin_host.conftest import link_package
from tests.tools.machine import wait_until

NONE, SOME = provider_pb2.DiffResponse.DIFF_NONE, provider_pb2.DiffResponse.DIFF_SOME


def _job(nao, site):
    (found,) = [job for job in nao.jobs if job.site_id == site]
    return found


def test_a_publication_is_made_once_and_recorded_in_the_schemas_words(publication, shared_nao, site):
    assert publication.up({"siteId": site, "triggers": {"zones": "a"}})
    assert shared_nao.publications(site) == 1
    assert publication.id == str(site)
    assert publication.outputs["siteId"] == site
    assert publication.outputs["triggers"] == {"zones": "a"}
    assert publication.outputs["jobId"] == str(_job(shared_nao, site).id)
    assert publication.outputs["status"] == "success"


def test_nothing_changed_is_no_change_and_no_request(publication, shared_nao, site):
    inputs = {"siteId": site, "triggers": {"zones": "a"}}
    publication.up(inputs)
    before = shared_nao.count()
    assert publication.diff(publication.inputs).changes == NONE
    assert shared_nao.count() == before


def test_a_changed_trigger_publishes_once_more(publication, shared_nao, site):
    publication.up({"siteId": site, "triggers": {"zones": "a"}})
    assert publication.up({"siteId": site, "triggers": {"zones": "b"}})
    assert shared_nao.publications(site) == 2


def test_another_site_replaces(publication, site):
    publication.up({"siteId": site})
    answer = publication.diff({**publication.inputs, "siteId": site + 100_000})
    assert (answer.changes, list(answer.replaces)) == (SOME, ["siteId"])


def test_a_job_that_fails_fails_the_call_with_its_words_and_is_recorded(publication, shared_nao, site):
    shared_nao.add_site(site, graph=False)
    assert not publication.up({"siteId": site})
    assert publication.text.startswith(
        f"publication of site {site} failed: Missing graph or indoor area. Please add."
    )
    assert "Traceback" not in publication.text
    assert (publication.outputs["status"], publication.reasons) == ("failure", ())


def test_a_failed_publication_is_made_again_by_the_next_up(publication, shared_nao, site):
    shared_nao.add_site(site, graph=False)
    publication.up({"siteId": site})
    shared_nao.add_site(site)
    assert publication.up({"siteId": site})
    assert shared_nao.publications(site) == 2


def test_progress_is_shown_on_the_resources_own_row(publication, shared_nao, site):
    publication.up({"siteId": site})
    job = _job(shared_nao, site).id
    (line,) = publication.plugin.lines(engine_pb2.INFO, publication.urn)
    assert line == f"job {job} accepted, {shared_nao.url}/api/v2/background_jobs/{job} (site {site})"


def test_the_engine_is_told_directly_where_all_else_goes_through_a_proxy(start_plugin):
    publication = Publication(start_plugin({}, https_proxy="http://127.0.0.1:9", no_proxy=""), "site")
    assert publication.up({"siteId": 910})
    assert publication.plugin.lines(engine_pb2.INFO, publication.urn) != []


def test_a_resources_own_limit_counts_under_its_name_in_the_program(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    assert not publication.up({"siteId": site}, timeout=0.5)
    assert "the limit set by customTimeouts.create" in publication.text
    assert publication.outputs["jobId"] == str(_job(shared_nao, site).id)


def test_a_job_that_runs_on_is_awaited_by_the_next_up_and_not_published_again(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    publication.up({"siteId": site}, timeout=0.5)
    shared_nao.finish_job(publication.outputs["jobId"])
    assert publication.up({"siteId": site})
    assert shared_nao.publications(site) == 1


def test_a_job_that_runs_on_is_no_change_that_replaces(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    publication.up({"siteId": site}, timeout=0.5)
    answer = publication.diff(publication.inputs)  # `replaceOnChanges: ["*"]` would take a named one
    assert (answer.changes, [*answer.diffs], [*answer.detailedDiff]) == (SOME, [], [])


def test_a_refresh_looks_at_a_job_that_runs_on(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    publication.up({"siteId": site}, timeout=0.5)
    shared_nao.finish_job(publication.outputs["jobId"])
    publication.refresh()
    assert publication.outputs["status"] == "success"


def test_a_refresh_of_a_success_returns_what_is_stored_without_a_request(publication, shared_nao, site):
    publication.up({"siteId": site, "triggers": {"key": secret("x")}})
    stored, before = (publication.id, publication.inputs, publication.outputs), shared_nao.count()
    publication.refresh()
    assert (publication.id, publication.inputs, publication.outputs) == stored
    assert shared_nao.count() == before


def test_many_jobs_are_awaited_at_the_same_time_and_checks_do_not_wait_for_them(publication, shared_nao, site):
    sites = range(1000 * site, 1000 * site + 20)
    for each in sites:
        shared_nao.add_site(each, job_seconds=math.inf)
    publications = [Publication(publication.plugin, f"site-{each}") for each in sites]
    with ThreadPoolExecutor(len(sites)) as pool:
        running = [pool.submit(one.up, {"siteId": each}) for one, each in zip(publications, sites, strict=True)]
        wait_until(lambda: all(shared_nao.publications(each) for each in sites))
        assert publication.problems({"siteId": site}) == []
        for each in sites:
            shared_nao.finish_job(_job(shared_nao, each).id)
        assert all(done.result() for done in running)


# Inputs


@pytest.mark.parametrize(
    ("inputs", "problem"),
    [
        ({}, "siteId: this input is required"),
        ({"siteId": "910 "}, "siteId: write the site's number, such as 910: a whole number above 0"),
        ({"siteId": 910, "site_id": 910}, "site_id: there is no such input"),
        ({"siteId": 910, "configNamespace": "nao"}, "configNamespace: there is no such input"),
        ({"siteId": 910, "baseUrl": "https://x.example"}, "baseUrl: there is no such input"),
        (
            {"siteId": 910, "triggers": "abc"},
            "triggers: give a mapping or a list, such as one with the digests of files",
        ),
        (
            {"siteId": 910, "triggers": [{MARK: "c44067f5952c0a294b673a41bacd8c17", "path": "zones.json"}]},
            "triggers[0]: a value of type Asset cannot be a trigger; for files, give their text or a digest of it",
        ),
        (
            {"siteId": 910, "triggers": ["v Calling [toString] on an [Output<T>] is not supported."]},
            (
                "triggers[0]: this text was made from an output, and does not hold its value; give the output "
                "itself, or combine it as your language does: pulumi.interpolate, pulumi.Sprintf, apply"
            ),
        ),
    ],
)
def test_what_cannot_be_right_is_refused_in_the_programs_words(shared_plugin, inputs, problem):
    assert Publication(shared_plugin, "refused").problems(inputs) == [problem]


def test_a_site_may_be_written_as_text(publication, site):
    assert publication.up({"siteId": str(site)})
    assert publication.outputs["siteId"] == site


@pytest.mark.parametrize("wrapped", [secret, lambda value: output(value, is_secret=True)], ids=["secret", "output"])
def test_what_is_a_secret_stays_one(publication, site, wrapped):
    assert publication.up({"siteId": site, "triggers": {"revision": wrapped("r-1")}})
    marked = secret({"revision": "r-1"})
    assert (publication.inputs["triggers"], publication.outputs["triggers"]) == (marked, marked)
    assert publication.diff(publication.inputs).changes == NONE


def test_an_output_that_is_no_secret_is_a_plain_value(publication, site):
    assert publication.up({"siteId": output(site), "triggers": {"revision": output("r-1")}})
    assert publication.outputs["triggers"] == {"revision": "r-1"}


def test_a_secret_of_before_stays_one_while_its_job_is_recorded(publication, site):
    publication.up({"siteId": site, "triggers": {"revision": secret("r-1")}})
    publication.up({"siteId": site, "triggers": {"revision": "r-2"}})
    assert publication.outputs["triggers"] == secret({"revision": "r-2"})


@pytest.mark.parametrize(
    "inputs",
    [
        {"siteId": UNKNOWN},
        {"siteId": 910, "triggers": UNKNOWN},
        {"siteId": 910, "triggers": {"a": [UNKNOWN]}},
        {"siteId": 910, "triggers": {"a": {MARK: output("")[MARK]}}},
        {"siteId": 910, "triggers": {"a": secret(UNKNOWN)}},
    ],
)
def test_inputs_that_are_not_known_yet_preview_with_outputs_that_are_not(shared_plugin, shared_nao, inputs):
    before = shared_nao.count()
    shown = Publication(shared_plugin, "unknown").preview(inputs)
    assert (shown["jobId"], shown["status"], shown["duration"]) == (UNKNOWN, UNKNOWN, UNKNOWN)
    assert shared_nao.count() == before


def test_triggers_that_are_not_known_yet_are_a_change(publication, site):
    publication.up({"siteId": site, "triggers": {"a": "b"}})
    answer = publication.diff({**publication.inputs, "triggers": {"a": UNKNOWN}})
    assert (answer.changes, list(answer.replaces), [*answer.detailedDiff]) == (SOME, [], ["triggers"])


def test_a_preview_of_a_change_makes_no_request(publication, shared_nao, site):
    publication.up({"siteId": site})
    before = shared_nao.count()
    assert publication.preview({"siteId": site, "triggers": ["x"]})["status"] == UNKNOWN
    assert shared_nao.count() == before


def test_ignored_changes_of_the_server_put_it_among_the_inputs(publication, site):
    publication.up({"siteId": site})
    assert publication.problems({"siteId": site, "baseUrl": publication.inputs["baseUrl"]}) == []


def test_an_error_hook_that_calls_again_goes_on_with_the_job(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    assert not publication.up({"siteId": site}, timeout=0.5)
    shared_nao.finish_job(publication.outputs["jobId"])
    again = Publication(publication.plugin, publication.name)  # with the record from before the first call: none
    assert again.up({"siteId": site})
    assert shared_nao.publications(site) == 1


# Records of the dynamic resource


def test_a_record_of_the_dynamic_resource_is_written_anew_without_a_publication(publication, shared_nao, site):
    publication.up({"siteId": site, "triggers": {"zones": "a"}})
    ours = publication.outputs
    publication.inputs = {"site_id": site, "triggers": {"zones": "a"}, "base_url": shared_nao.url}
    publication.outputs = {
        "site_id": site,
        "triggers": {"zones": "a"},
        "config_namespace": "nao",
        "base_url": shared_nao.url,
        "job_id": ours["jobId"],
        "job_url": ours["jobUrl"],
        "has_finished": True,
        "status": "success",
        "message": "success",
        "started_at": ours["startedAt"],
        "finished_at": ours["finishedAt"],
        "duration": ours["duration"],
        "__provider": "gASV",
    }
    before = shared_nao.count()
    assert publication.up({"siteId": site, "triggers": {"zones": "a"}})
    assert publication.outputs == ours
    assert shared_nao.count() == before


def test_a_job_that_the_dynamic_resource_was_waiting_for_is_awaited_and_not_published_again(
    publication, shared_nao, site
):
    shared_nao.add_site(site, job_seconds=math.inf)
    publication.up({"siteId": site}, timeout=0.5)
    job_id, job_url = publication.outputs["jobId"], publication.outputs["jobUrl"]
    shared = {"site_id": site, "base_url": shared_nao.url, "config_namespace": "nao", "__provider": "gASV"}
    publication.inputs = shared
    job = {"job_id": job_id, "job_url": job_url, "has_finished": False, "status": "In progress"}
    publication.outputs = {**shared, **job}
    shared_nao.finish_job(job_id)
    assert publication.up({"siteId": site})
    assert (publication.outputs["jobId"], publication.outputs["status"]) == (job_id, "success")
    assert shared_nao.publications(site) == 1


# The process


def test_the_engine_can_attach_to_a_plugin_that_somebody_has_started(nao, tmp_path):
    environment = environment_of(link_package(tmp_path), nao)
    with running_plugin(sys.executable, tmp_path, environment, "Attach") as plugin:
        plugin.configure({})
        publication = Publication(plugin, "site")
        assert publication.up({"siteId": 910})
        (line,) = plugin.lines(engine_pb2.INFO, publication.urn)
    assert line.startswith("job 48145 accepted")


def test_a_cancel_ends_the_wait_and_the_job_is_recorded(plugin, nao):
    nao.add_site(910, job_seconds=math.inf)
    publication = Publication(plugin, "site")
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(publication.up, {"siteId": 910})
        wait_until(lambda: nao.publications(910))
        plugin.cancel()
        assert not up.result()
    assert "the wait was cancelled" in publication.text
    assert publication.outputs["jobId"] == "48145"


def test_a_signal_ends_the_process_when_its_calls_are_answered(plugin, nao):
    nao.add_site(910, job_seconds=math.inf)
    publication = Publication(plugin, "site")
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(publication.up, {"siteId": 910})
        wait_until(lambda: nao.publications(910))
        plugin.process.send_signal(signal.SIGTERM)
        assert not up.result()
    assert publication.outputs["jobId"] == "48145"
    assert plugin.process.wait(30) == 0


def test_where_few_threads_can_be_started_publications_wait_for_one_another(start_plugin, nao, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LIMIT.format("pulumi_nao.plugin.serve", 24))
    plugin = start_plugin({})
    sites = range(1, 13)
    for site in sites:
        nao.add_site(site, job_seconds=0.2)
    publications = [Publication(plugin, f"site-{site}") for site in sites]
    with ThreadPoolExecutor(len(sites)) as pool:
        running = [pool.submit(one.up, {"siteId": site}) for one, site in zip(publications, sites, strict=True)]
        assert all(done.result() for done in running)
    assert nao.publications() == len(sites)
    told = [line.message for line in plugin.log.lines if line.severity == engine_pb2.WARNING]
    assert [line for line in told if "operations wait for one another" in line] == told[:1] != []


def test_where_few_threads_can_be_started_a_cancel_is_heard_all_the_same(start_plugin, nao, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(LIMIT.format("pulumi_nao.plugin.serve", 24))
    plugin = start_plugin({})
    sites = range(1, 25)
    for site in sites:
        nao.add_site(site, job_seconds=math.inf)
    publications = [Publication(plugin, f"site-{site}") for site in sites]
    with ThreadPoolExecutor(len(sites)) as pool:
        running = [pool.submit(one.up, {"siteId": site}) for one, site in zip(publications, sites, strict=True)]
        wait_until(nao.publications)
        plugin.cancel()
        assert not any(done.result() for done in running)
    saved = [one.outputs["jobId"] for one in publications if one.outputs]
    assert len(saved) == nao.publications()


def test_an_engine_that_is_gone_ends_the_process(plugin, nao):
    nao.add_site(910, job_seconds=math.inf)
    with ThreadPoolExecutor(1) as pool:
        up = pool.submit(Publication(plugin, "site").up, {"siteId": 910})
        wait_until(lambda: nao.publications(910))
        plugin.stop_engine()
        assert plugin.process.wait(30) == 0
        assert not up.result()


# Import


def test_a_job_that_ended_in_success_is_imported(publication, shared_nao, site):
    publication.up({"siteId": site})
    job, plugin = publication.outputs["jobId"], publication.plugin
    answer = plugin.imported(f"{site}/{job}")
    assert answer.id == str(site)
    adopted = Publication(plugin, "adopted", dict(answer.inputs), dict(answer.properties), answer.id)
    assert adopted.inputs == {"siteId": site, "baseUrl": shared_nao.url}
    assert (adopted.outputs["status"], adopted.outputs["jobId"]) == ("success", job)
    assert adopted.diff(adopted.inputs).changes == NONE


def test_an_import_says_what_it_could_not_verify(publication, site):
    publication.up({"siteId": site})
    urn = f"urn:pulumi:test::project::nao:index:TrackingConfigPublication::imported-{site}"
    publication.plugin.imported(f"{site}/{publication.outputs['jobId']}", urn)
    (warning,) = publication.plugin.warnings(urn)
    assert warning == (
        f"a job names no site: that job {publication.outputs['jobId']} was the publication of site {site} is taken "
        "from the id, and not verified"
    )


def _import_failure(plugin, resource_id):
    with pytest.raises(grpc.RpcError) as error:
        plugin.imported(resource_id)
    return error.value.details()


def test_a_job_that_failed_is_not_imported(publication, shared_nao, site):
    shared_nao.add_site(site, graph=False)
    publication.up({"siteId": site})
    job = publication.outputs["jobId"]
    assert _import_failure(publication.plugin, f"{site}/{job}") == (
        f"publication of site {site} is not imported: job {job} has not ended in success (status 'failure')\n"
        "  Import a job that has ended in success, or declare the resource: the next `pulumi up` publishes the site "
        "once."
    )


def test_a_job_that_nobody_knows_is_not_imported(publication, site):
    assert _import_failure(publication.plugin, f"{site}/99999999") == (
        f"publication of site {site} is not imported: the server does not know the job: 404 Not Found\n"
        "  Import a job that has ended in success, or declare the resource: the next `pulumi up` publishes the site "
        "once."
    )


@pytest.mark.parametrize(
    "resource_id",
    ["910", "48145", "910/", "0/48145", "910/48145/1", "910/job", "/48145", f"{2**53}/48145", f"{10**30}/48145"],
)
def test_another_id_is_no_import(shared_plugin, resource_id):
    assert _import_failure(shared_plugin, resource_id) == (
        "a publication is imported by its site and the job that published it, written SITE/JOB, such as 910/48145"
    )


def test_an_import_without_a_key_says_where_one_is_looked_for(start_plugin):
    plugin = start_plugin({}, NAO_API_KEY="")
    assert _import_failure(plugin, "910/48145") == (
        "publication of site 910 is not imported: there is no NAO Cloud key\n"
        "  Set it with `pulumi config set --secret nao:apiKey`, or as apiKey of an explicit provider, or set "
        "NAO_API_KEY in the environment."
    )
