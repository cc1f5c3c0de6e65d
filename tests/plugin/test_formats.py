"""What stands in users' state and programs, and must stay as it is."""

import json
import math
import re
from pathlib import Path

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2

from pulumi_nao import __version__
from pulumi_nao.plugin.schema import RESOURCES, package_schema
from tests.plugin.driver import Publication

GOLDEN = Path(__file__).parent / "golden"


def _golden(name):
    return json.loads((GOLDEN / name).read_text())


def test_the_schema_is_the_recorded_one():
    schema = json.loads(package_schema())
    del schema["version"]
    assert schema == _golden("schema.json")


def test_the_plugin_tells_the_same_schema(shared_plugin):
    assert shared_plugin.call("GetSchema", provider_pb2.GetSchemaRequest()).schema == package_schema()


def test_the_plugin_tells_its_version(shared_plugin):
    assert shared_plugin.call("GetPluginInfo", Empty()).version == __version__


def test_the_type_is_the_recorded_one():
    assert [each.token for each in RESOURCES] == ["nao:index:TrackingConfigPublication"]


def test_the_record_of_a_success_has_the_recorded_form(publication, shared_nao, site):
    publication.up({"siteId": site, "triggers": {"zones": "a"}})
    assert _form(publication, shared_nao, site) == _golden("success.json")


def test_the_record_of_a_failure_has_the_recorded_form(publication, shared_nao, site):
    shared_nao.add_site(site, graph=False)
    publication.up({"siteId": site})
    assert _form(publication, shared_nao, site) == _golden("failure.json")


def test_the_record_of_a_job_that_runs_on_has_the_recorded_form(publication, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    publication.up({"siteId": site}, timeout=0.5)
    assert _form(publication, shared_nao, site) == _golden("running.json")


def test_a_recorded_job_that_runs_on_is_awaited(shared_plugin, shared_nao, site):
    shared_nao.add_site(site, job_seconds=math.inf)
    first = Publication(shared_plugin, f"first-{site}")
    first.up({"siteId": site}, timeout=0.5)
    text = (GOLDEN / "running.json").read_text().replace("SERVER", shared_nao.url)
    recorded = json.loads(text.replace("JOB", first.outputs["jobId"]).replace('"SITE"', str(site)))
    publication = Publication(shared_plugin, f"site-{site}", recorded["inputs"], recorded["outputs"], str(site))
    shared_nao.finish_job(first.outputs["jobId"])
    assert publication.up({"siteId": site})
    assert shared_nao.publications(site) == 1


def test_a_recorded_state_is_no_change(shared_plugin, shared_nao):
    recorded = json.loads((GOLDEN / "success.json").read_text().replace("SERVER", shared_nao.url))
    publication = Publication(shared_plugin, "site", {**recorded["inputs"], "siteId": 910})
    publication.outputs = {**recorded["outputs"], "siteId": 910, "duration": 21}
    assert publication.up({"siteId": 910, "triggers": {"zones": "a"}})
    assert not shared_nao.publications(910)


def _form(publication, nao, site):
    text = json.dumps({"id": publication.id, "inputs": publication.inputs, "outputs": publication.outputs})
    text = text.replace(nao.url, "SERVER").replace(f"{site}.0", '"SITE"').replace(f'"{site}"', '"SITE"')
    text = re.sub(r'background_jobs/\d+"', 'background_jobs/JOB"', text)
    text = re.sub(r'"jobId": "\d+"', '"jobId": "JOB"', text)
    text = re.sub(r'"duration": [\d.]+', '"duration": "SECONDS"', text)
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-01-31T03:00:00.123Z", text))
