"""The native plugin on the real engine, with programs in YAML and in Python."""

import math
import os
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest
import yaml

from pulumi_nao import NaoClient, __version__
from tests.engine.stack import KEY, ONE_SITE, Stack

ROOT = Path(__file__).resolve().parents[2]
UP = ("up", "--yes", "--skip-preview")
OTHER_KEY = "k-9876543210-engine-tier"
PLUGINS = {"providers": [{"name": "nao", "path": str(Path(sys.executable).parent)}]}


class NativeStack(Stack):
    """A stack whose project uses the native plugin of this Python environment."""

    def declare(self, resources, runtime="yaml", **more):
        project = {"name": "engine-tier", "runtime": runtime, "plugins": PLUGINS, "resources": resources, **more}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))

    def program(self, text):
        """A program in Python."""
        super().program(text)
        project = {"name": "engine-tier", "runtime": "python", "plugins": PLUGINS}
        (self.folder / "Pulumi.yaml").write_text(yaml.safe_dump(project))

    def plugins_of(self, process):
        """The processes of the plugin below a command."""
        below = psutil.Process(process.pid).children(recursive=True)
        return [child for child in below if any("pulumi-resource-nao" in word for word in _words_of(child))]


def _words_of(process):
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it has ended meanwhile
        return []


def publication(site=910, triggers=None, **options):
    inputs = {"siteId": site, "triggers": triggers or {"zones": "a"}}
    return {"type": "nao:TrackingConfigPublication", "properties": inputs, "options": options}


def account(**settings):
    return {"type": "pulumi:providers:nao", "properties": settings}


@pytest.fixture
def native(tmp_path, yaml_path, nao, empty_project):
    return NativeStack(tmp_path, yaml_path, nao, empty_project)


@pytest.fixture
def endless(native):
    native.nao.add_site(910, job_seconds=math.inf)
    native.declare({"site": publication()})
    return native


def test_a_program_in_yaml_publishes_once_and_a_second_up_makes_no_request(native):
    native.declare({"site": publication()}, outputs={"job": "${site.jobUrl}"})
    first = native.up()
    assert first.green, first.output
    assert "warning" not in first.output
    assert f'job: "{native.nao.url}/api/v2/background_jobs/48145"' in first.output
    before = native.nao.count()
    assert native.up("--expect-no-changes").green
    assert (native.nao.publications(910), native.nao.count()) == (1, before)


def test_a_failing_job_is_shown_in_the_words_of_the_dynamic_resource(native):
    native.declare({"site": publication(911)})
    run = native.up()
    assert not run.green
    assert run.diagnostics("site") == [
        "error: publication of site 911 failed: Missing graph or indoor area. Please add.",
        f"Job: {native.nao.url}/api/v2/background_jobs/48145",
        "Status 'failure' after 0 s.",
        "The next `pulumi up` publishes again.",
        "error: resource init failed",
    ]
    assert "Traceback" not in run.output
    assert native.publication()["outputs"]["status"] == "failure"


def test_ctrl_c_saves_the_job_and_the_next_up_goes_on_with_it(endless):
    with endless.start(*UP) as process:
        output = endless.end_when(process, lambda: endless.nao.count("job"))
    assert process.returncode != 0
    assert "the wait was cancelled" in output
    assert endless.publication()["outputs"]["jobId"] == "48145"
    assert not endless.state().get("pending_operations")
    endless.nao.finish_job("48145")
    assert endless.up().green
    assert endless.nao.publications(910) == 1


@pytest.mark.parametrize(
    "signals", [(signal.SIGINT, signal.SIGINT), (signal.SIGKILL,)], ids=["a second Ctrl-C", "SIGKILL"]
)
def test_no_process_is_left_that_goes_on_looking(endless, signals):
    below, plugins = [], []

    def waiting():
        below[:] = psutil.Process(process.pid).children(recursive=True)
        plugins[:] = endless.plugins_of(process)
        return endless.nao.count("job") and plugins

    with endless.start(*UP) as process:
        endless.end_when(process, waiting, signals)
    _, alive = psutil.wait_procs(plugins, timeout=30)
    for child in set(below) - set(plugins):
        with suppress(psutil.NoSuchProcess):
            child.kill()  # Pulumi's language host for YAML outlives its engine
    assert alive == []


def test_a_plugin_that_is_killed_alone_leaves_neither_record_nor_lock(endless):
    def killed():
        plugins = endless.plugins_of(process)
        for plugin in plugins if endless.nao.count("job") else []:
            plugin.kill()
        return endless.nao.count("job") and plugins

    with endless.start(*UP) as process:
        endless.end_when(process, killed, ())
    assert process.returncode != 0
    assert endless.publication() is None
    endless.nao.add_site(910)
    assert endless.up().green
    assert endless.nao.publications(910) == 2


def test_two_hundred_waits_end_at_once_and_all_their_jobs_are_saved_with_256_open_files(native):
    native.environment["PULUMI_PARALLEL"] = "256"
    native.declare({f"site-{site}": publication(site) for site in range(1, 201)})
    for site in range(1, 201):
        native.nao.add_site(site, job_seconds=math.inf)
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))  # the command's and its plugins'
    try:
        process = native.start(*UP)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    with process:
        native.end_when(process, lambda: native.nao.publications() == 200)
    state = native.state()
    saved = {r["id"]: r["outputs"]["jobId"] for r in state["resources"] if "jobId" in r.get("outputs", {})}
    assert len(set(saved.values())) == 200
    assert not state.get("pending_operations")


def test_custom_timeouts_count(endless):
    endless.declare({"site": publication(customTimeouts={"create": "1s"})})
    run = endless.up()
    assert not run.green
    assert "not finished after 1 s, the limit set by customTimeouts.create" in run.output


def test_two_providers_have_two_keys_and_another_key_publishes_nothing(native):
    native.nao.add_key(KEY, sites=[910])
    native.nao.add_key(OTHER_KEY, sites=[912])
    del native.environment["NAO_API_KEY"]
    native.set("nao:apiKey", KEY, "--secret")
    native.set("other", OTHER_KEY, "--secret")
    native.declare(
        {"second": account(apiKey="${other}"), "site": publication(), "hall": publication(912, provider="${second}")},
        config={"other": {"type": "string", "secret": True}},
    )
    first = native.up()
    assert first.green, first.output
    before = native.nao.count()
    native.set("other", KEY, "--secret")
    rotated = native.up()
    assert rotated.green
    assert "~ 1 updated" in rotated.output  # the provider
    assert native.nao.count() == before
    stored = [file.read_text() for file in (native.folder.parent / "state").rglob("*.json*")]
    assert stored
    assert not any(key in text for text in stored for key in (KEY, OTHER_KEY))


def test_a_key_in_plain_text_is_a_warning_and_publishes_all_the_same(native, inject):
    inject(meant=[native.folder, native.folder.parent / "state"])
    native.set("nao:apiKey", KEY)
    native.declare({"site": publication()})
    run = native.up()
    assert run.green
    assert "warning: the provider's apiKey is plain text" in run.output


def test_inputs_and_a_key_that_are_not_known_yet_preview(native):
    later = account(apiKey="${site.jobUrl}", baseUrl="${site.baseUrl}")
    resources = {
        "site": publication(),
        "later": later,
        "hall": publication(912, {"after": "${site.jobId}"}),
        "dock": publication(912, provider="${later}"),
    }
    native.declare(resources)
    run = native.pulumi("preview")
    assert run.green, run.output
    assert "+ 5 to create" in run.output
    assert native.nao.count() == 0


def _import(native, resource_id, *options):
    return native.pulumi("import", "nao:index:TrackingConfigPublication", "hall", resource_id, "--yes", *options)


def test_a_publication_is_imported_and_the_code_that_pulumi_prints_is_no_change(native):
    native.declare({})
    with NaoClient(KEY, native.nao.url) as client:
        job = client.publish(910).id
    run = _import(native, f"910/{job}")
    assert run.green, run.output
    assert "warning: a job names no site" in run.output
    printed = yaml.safe_load(run.output[run.output.index("\nresources:\n") :].partition("warning:")[0])
    native.declare(printed["resources"])
    assert native.up("--expect-no-changes").green
    assert native.nao.publications(910) == 1
    printed["resources"]["hall"]["properties"]["triggers"] = {"zones": "a"}
    native.declare(printed["resources"])
    assert native.up().green
    assert native.nao.publications(910) == 2


def test_an_option_of_the_program_imports_too(native):
    with NaoClient(KEY, native.nao.url) as client:
        job = client.publish(910).id
    site = publication()
    del site["properties"]["triggers"]
    native.declare({"site": {**site, "options": {"import": f"910/{job}"}}})
    run = native.up()
    assert run.green, run.output
    assert native.up("--expect-no-changes").green
    assert native.nao.publications(910) == 1


def test_a_publication_that_is_read_is_never_made(native):
    with NaoClient(KEY, native.nao.url) as client:
        job = client.publish(910).id
    read = {"type": "nao:TrackingConfigPublication", "get": {"id": f"910/{job}"}}
    native.declare({"site": read}, outputs={"status": "${site.status}"})
    assert 'status: "success"' in native.up().output
    again = native.up("--expect-no-changes")
    assert again.green, again.output
    assert native.nao.publications(910) == 1


def test_a_job_that_failed_is_not_imported(native):
    native.declare({})
    with NaoClient(KEY, native.nao.url) as client:
        job = client.publish(911).id
    run = _import(native, f"911/{job}")
    assert not run.green
    assert f"publication of site 911 is not imported: job {job} has not ended in success" in run.output
    assert native.publication() is None


DYNAMIC = """
import pulumi
from pulumi_nao import TrackingConfigPublication
options = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_="nao:index:TrackingConfigPublication")])
site = TrackingConfigPublication("site", 910, triggers={"zones": "a"}, opts=options)
pulumi.export("job", site.job_url)
"""
NATIVE = """
import pulumi
class TrackingConfigPublication(pulumi.CustomResource):
    jobUrl: pulumi.Output[str]
    def __init__(self, name, inputs, opts):
        super().__init__("nao:index:TrackingConfigPublication", name, {**inputs, "jobUrl": None}, opts)
former = pulumi.Alias(type_="pulumi-python:dynamic/nao:TrackingConfigPublication")
options = pulumi.ResourceOptions(aliases=[former])
site = TrackingConfigPublication("site", {"siteId": 910, "triggers": {"zones": "a"}}, options)
pulumi.export("job", site.jobUrl)
"""


def test_a_program_moves_from_the_dynamic_resource_and_back_without_a_publication(native):
    native.program(ONE_SITE)
    assert native.up().green
    before = native.nao.count()
    for program, outputs in ((NATIVE, "jobUrl"), (DYNAMIC, "job_url")):
        native.program(program)
        moved = native.up()
        assert moved.green, moved.output
        assert native.publication()["outputs"][outputs].endswith("/48145")
        assert "/background_jobs/48145" in native.state()["resources"][0]["outputs"]["job"]
        assert native.up("--expect-no-changes").green
        assert native.pulumi("refresh", "--yes").green
    assert native.pulumi("destroy", "--yes").green
    assert native.nao.count() == before


@pytest.fixture
def archives(tmp_path):
    """The plugin, packed."""
    folder = tmp_path / "archives"
    packed = [sys.executable, str(ROOT / "tools" / "plugin_archive.py"), str(folder)]
    subprocess.run(packed, check=True, capture_output=True)
    return folder


@pytest.fixture
def installed(native, tmp_path, yaml_path):
    """A stack that finds no plugin in a virtual environment, but a Python with the packages that it needs."""
    python = tmp_path / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    folders = [
        folder for folder in os.environ["PATH"].split(os.pathsep) if Path(folder) != Path(sys.executable).parent
    ]
    native.environment["PATH"] = os.pathsep.join([str(python.parent), yaml_path, *folders])
    native.declare({"site": publication()}, plugins={})
    return native


def test_the_plugin_is_installed_from_a_file(installed, archives):
    version = f"v{__version__}"
    archive = next(archives.glob("*-linux-amd64.tar.gz"))
    assert installed.pulumi("plugin", "install", "resource", "nao", version, "--file", str(archive)).green
    assert installed.pulumi("install").green
    run = installed.up()
    assert run.green, run.output
    assert "warning" not in run.output
    assert installed.nao.publications(910) == 1


@pytest.mark.parametrize("command", [UP, ("install",)], ids=["up", "install"])
def test_the_plugin_is_downloaded_from_where_the_program_says(installed, archives, command):
    with serving(archives) as url:
        site = publication(version=__version__, pluginDownloadURL=url)
        installed.declare({"site": site}, plugins={})
        run = installed.pulumi(*command)
        assert run.green, run.output
    assert installed.up().green
    assert installed.nao.publications(910) == 1


@contextmanager
def serving(folder):
    """A server of files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass


def test_pulumi_reads_the_schema_of_the_plugin(native, tmp_path):
    executable = str(Path(sys.executable).parent / "pulumi-resource-nao")
    schema = native.pulumi("package", "get-schema", executable)
    assert schema.green, schema.output
    (tmp_path / "schema.json").write_text(schema.output)
    checked = native.pulumi("schema", "check", str(tmp_path / "schema.json"))
    assert checked.green, checked.output


SHAPES = """
import pulumi
from pulumi import ResourceOptions

config = pulumi.Config()

def site(name, number, **options):
    inputs = {"siteId": number, "triggers": {"zones": "a"}}
    limits = pulumi.CustomTimeouts(create=config.get("limit"))
    pulumi.CustomResource(
        "nao:index:TrackingConfigPublication", name, inputs, ResourceOptions(custom_timeouts=limits, **options)
    )

class Warehouse(pulumi.ComponentResource):
    def __init__(self, name, opts=None):
        super().__init__("acme:index:Warehouse", name, None, opts)

def as_they_are(args):
    return pulumi.ResourceTransformationResult(args.props, args.opts)

hook = pulumi.ErrorHook("hook", lambda args: False)
site("root", 1)
site("in a component", 2, parent=Warehouse("inner", ResourceOptions(parent=Warehouse("outer"))))
site("aliased", 3, aliases=[pulumi.Alias(name="former")])
site("transformed", 4, transformations=[as_they_are])
site("ignored changes", 5, ignore_changes=["baseUrl", "triggers"])
site("error hook", 6, hooks=pulumi.ResourceHookBinding(on_error=[hook]))
site("replaced on changes", 7, replace_on_changes=["*"])
site("deleted before it is replaced", 8, delete_before_replace=True)
site("explicit provider", 9, provider=pulumi.ProviderResource("nao", "account", {"timeout": "5m"}))
"""


def test_in_every_shape_a_job_is_recorded_awaited_by_the_next_up_and_no_change_after_that(native):
    sites = range(1, 10)
    for site in sites:
        native.nao.add_site(site, job_seconds=math.inf)
    native.program(SHAPES)
    native.set("limit", "2s")
    failed = native.up("--continue-on-error")
    assert not failed.green
    recorded = [r for r in native.state()["resources"] if r["type"] == "nao:index:TrackingConfigPublication"]
    jobs = {r["outputs"]["siteId"]: r["outputs"]["jobId"] for r in recorded}
    assert sorted(jobs) == [*sites]
    for job in jobs.values():
        native.nao.finish_job(job)
    assert native.up().green
    assert native.up("--expect-no-changes").green
    assert [native.nao.publications(site) for site in sites] == [1] * len(sites)


OPTIONS = {
    "root": {},
    "ignoresTriggers": {"ignoreChanges": ["triggers"]},
    "ignoresEverything": {"ignoreChanges": ["*"]},
    "replacedOnTriggers": {"replaceOnChanges": ["triggers"]},
    "replacedOnEverything": {"replaceOnChanges": ["*"]},
    "replacedWith": {"replaceWith": ["${replacedOnTriggers}"], "deletedWith": "${root}"},
    "protected": {"protect": True},
    "retained": {"retainOnDelete": True, "deleteBeforeReplace": True},
    "aliased": {"aliases": [{"name": "former"}]},
    "after": {"dependsOn": ["${root}"]},
    "beneath": {"parent": "${root}"},
    "secret": {"additionalSecretOutputs": ["jobUrl", "status"]},
}
SITES = dict(zip(OPTIONS, range(1, 100), strict=False))


def _options(zones, limit="1m"):
    return {
        name: publication(SITES[name], {"zones": zones}, **options, customTimeouts={"create": limit})
        for name, options in OPTIONS.items()
    }


def test_with_every_option_a_job_is_recorded_awaited_by_the_next_up_and_no_change_after_that(native):
    for site in SITES.values():
        native.nao.add_site(site, job_seconds=math.inf)
    native.declare(_options("a", "1s"))
    depends_on_the_first = {"replacedWith", "after", "beneath"}
    failed = native.up("--continue-on-error")
    assert "Traceback" not in failed.output
    recorded = [r for r in native.state()["resources"] if r["type"] == "nao:index:TrackingConfigPublication"]
    assert {r["urn"].rpartition("::")[2] for r in recorded} >= {*OPTIONS} - depends_on_the_first
    for job in native.nao.jobs:
        native.nao.finish_job(job.id)
    for site in SITES.values():
        native.nao.add_site(site)
    assert native.up().green
    before = native.nao.count()
    for command in (
        ("up", "--yes", "--skip-preview", "--expect-no-changes"),
        ("refresh", "--preview-only", "--expect-no-changes"),
        ("refresh", "--yes", "--skip-preview", "--expect-no-changes"),
        ("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes"),
    ):
        run = native.pulumi(*command)
        assert run.green, run.output
    assert native.nao.count() == before
    assert {name: native.nao.publications(site) for name, site in SITES.items()} == dict.fromkeys(OPTIONS, 1)


def test_with_every_option_a_change_publishes_once_more_where_it_is_not_ignored(native):
    for site in SITES.values():
        native.nao.add_site(site)
    native.declare(_options("a"))
    assert native.up().green
    native.declare(_options("b"))
    assert native.up("--target", "**::root").green
    assert native.nao.publications() == len(SITES) + 1
    assert native.up().green
    ignored = {name for name in OPTIONS if name.startswith("ignores")}
    expected = {name: 1 if name in ignored else 2 for name in OPTIONS}
    assert {name: native.nao.publications(site) for name, site in SITES.items()} == expected
    assert native.up("--replace", "**::aliased").green
    assert native.nao.publications(SITES["aliased"]) == 3


def test_a_component_written_in_yaml_publishes_for_the_program(native):
    component = {
        "inputs": {"site": {"type": "integer"}},
        "resources": {"publication": publication("${site}")},
        "outputs": {"status": "${publication.status}"},
    }
    (native.folder / "house").mkdir()
    package = {"runtime": "yaml", "name": "house", "components": {"Warehouse": component}}
    (native.folder / "house" / "PulumiPlugin.yaml").write_text(yaml.safe_dump(package))
    warehouse = {"type": "house:Warehouse", "properties": {"site": 910}}
    native.declare({"dock": warehouse}, packages={"house": "./house"}, outputs={"status": "${dock.status}"})
    run = native.up()
    assert run.green, run.output
    assert 'status: "success"' in run.output
    assert native.up("--expect-no-changes").green
    assert native.nao.publications(910) == 1


def test_a_provider_of_the_programs_own_is_enough_where_default_ones_are_disabled(native):
    native.set("pulumi:disable-default-providers", '["*"]')
    native.declare({"account": account(), "site": publication(provider="${account}")})
    run = native.up()
    assert run.green, run.output


def test_another_provider_of_the_same_account_is_no_change(native):
    native.declare({"first": account(timeout="5m"), "site": publication(provider="${first}")})
    assert native.up().green
    before = native.nao.count()
    for resources in ({"site": publication()}, {"second": account(), "site": publication(provider="${second}")}):
        native.declare(resources)
        run = native.up()
        assert "2 unchanged" in run.output, run.output
    assert native.nao.count() == before


def test_an_import_takes_the_account_of_the_provider_that_it_is_given(native):
    native.nao.add_key(OTHER_KEY, sites=[912])
    del native.environment["NAO_API_KEY"]
    native.set("other", OTHER_KEY, "--secret")
    eu = account(apiKey="${other}")
    config = {"other": {"type": "string", "secret": True}}
    native.declare({"eu": eu, "site": publication(912, provider="${eu}")}, config=config)
    assert native.up().green
    refused = _import(native, "912/48145")
    assert "publication of site 912 is not imported: there is no NAO Cloud key" in refused.output
    given = ("--provider", "eu=urn:pulumi:test::engine-tier::pulumi:providers:nao::eu")
    assert _import(native, "912/48145", *given).green
    assert native.nao.publications(912) == 1
