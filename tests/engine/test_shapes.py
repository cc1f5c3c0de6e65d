"""Shapes of programs that strangers write, on the engine; the plugin-host tier has them all."""

import json
import math
import subprocess
import sys

import pytest

from tests.engine.stack import KEY
from tests.shapes import program

PATIENT = """
import pulumi
from pulumi import ResourceOptions
from pulumi_nao import TrackingConfigPublication

def again(args):
    print("hook:", args.failed_operation, args.errors)
    return len(args.errors) < 3

TrackingConfigPublication(
    "site",
    site_id=910,
    triggers={{"zones": pulumi.Config().get("zones") or "a"}},
    opts=ResourceOptions(
        custom_timeouts=pulumi.CustomTimeouts(create="1s", update="1s"),
        hooks=pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook("again", again)]),
        replace_on_changes={replace_on_changes},
    ),
)
"""

HIDDEN = """
import pulumi
from pulumi import ComponentResource, ProviderResource, ResourceOptions
from pulumi_nao import TrackingConfigPublication

other = ProviderResource("pulumi-python", "other", {{}})
ignore = {ignore}

def transformation(args):
    if "Publication" in args.type_:
        return pulumi.ResourceTransformationResult(
            args.props, ResourceOptions.merge(args.opts, ResourceOptions(provider=other))
        )

def transform(args):
    if "Publication" in args.type_:
        return pulumi.ResourceTransformResult(
            args.props, ResourceOptions.merge(args.opts, ResourceOptions(provider=other))
        )

{code}
"""
WAYS = {
    "option": "TrackingConfigPublication('site', 910, opts=ResourceOptions(provider=other, ignore_changes=ignore))",
    "inherited": (
        "house = ComponentResource('a:b:C', 'house', None, ResourceOptions(providers=[other]))\n"
        "TrackingConfigPublication('site', 910, opts=ResourceOptions(parent=house, ignore_changes=ignore))"
    ),
    "transformation": (
        "pulumi.runtime.register_stack_transformation(transformation)\n"
        "TrackingConfigPublication('site', 910, opts=ResourceOptions(ignore_changes=ignore))"
    ),
    "transform": (
        "pulumi.runtime.register_resource_transform(transform)\n"
        "TrackingConfigPublication('site', 910, opts=ResourceOptions(ignore_changes=ignore))"
    ),
}


def _shape(stack, shape, **config):
    stack.program(program(shape))
    for name, value in config.items():
        stack.set(name, value)


def _lines(run, word):
    return [line for line in run.output.splitlines() if word in line]


@pytest.mark.parametrize("shape", ["component in a component", "subclass in a component"])
def test_a_time_out_in_a_component_is_one_clean_error_and_the_next_up_goes_on(stack, shape):
    _shape(stack, shape, limits=json.dumps({"create": "1s"}))
    stack.nao.add_site(910, job_seconds=math.inf)
    run = stack.up()
    assert not run.green
    assert run.diagnostics("site")[0] == (
        "error: publication of site 910 not finished after 1 s, the limit set by custom_timeouts.create; "
        "the job goes on in NAO Cloud"
    )
    assert "Traceback" not in run.output
    stack.nao.finish_job("48145")
    assert stack.up().green
    assert stack.nao.publications(910) == 1


def test_a_failed_change_that_is_taken_back_is_published_in_a_component(stack):
    _shape(stack, "component", zones="a")
    assert stack.up().green
    stack.nao.add_site(910, graph=False)
    stack.set("zones", "b")
    assert not stack.up().green
    stack.nao.add_site(910)
    stack.set("zones", "a")
    assert stack.up().green
    assert stack.nao.publications(910) == 3


def test_ctrl_c_saves_the_job_of_a_subclass(stack):
    _shape(stack, "subclass")
    stack.nao.add_site(910, job_seconds=math.inf)
    with stack.start("up", "--yes", "--skip-preview") as process:
        stack.end_when(process, lambda: stack.nao.count("job"))
    assert stack.publication()["outputs"]["job_id"] == "48145"


def test_a_publication_becomes_one_of_a_subclass_without_publishing(stack):
    _shape(stack, "root")
    assert stack.up().green
    _shape(stack, "subclass of a subclass")
    assert stack.up("--expect-no-changes").green


@pytest.mark.parametrize("replace_on_changes", [[], ["*"]])
def test_a_hook_that_calls_again_waits_for_the_one_job(stack, replace_on_changes):
    stack.program(PATIENT.format(replace_on_changes=replace_on_changes))
    stack.nao.add_site(910, job_seconds=2.5)
    run = stack.up()
    assert run.green, run.output
    assert stack.nao.publications(910) == 1
    reason = _lines(run, "hook: create")[0]
    known = "publication of site 910 not finished after 1 s, the limit set by custom_timeouts.create"
    assert (known in reason) is (replace_on_changes == [])
    assert stack.up().green
    assert stack.nao.publications(910) == 1


def test_what_a_hook_leaves_unfinished_is_recorded(stack):
    stack.program(PATIENT.format(replace_on_changes=[]))
    stack.nao.add_site(910, job_seconds=math.inf)
    run = stack.up()
    assert "retrying create due to on-error hook request (2/100)" in run.output
    assert "Traceback" not in run.output
    stack.nao.finish_job("48145")
    assert stack.up().green
    assert stack.nao.publications(910) == 1


@pytest.mark.parametrize("ignore", [[], ["*"]])
@pytest.mark.parametrize("way", WAYS)
def test_a_provider_that_hides_the_configuration_sends_the_key_nowhere(published, way, ignore):
    stack = published
    del stack.environment["NAO_BASE_URL"]
    stack.set("nao:baseUrl", stack.nao.url)
    stack.program(HIDDEN.format(code=WAYS[way], ignore=ignore))
    # The public server cannot be reached from here; a proxy that is not there would be the first to be asked.
    stack.environment["HTTPS_PROXY"] = "http://127.0.0.1:9"
    run = stack.up("--replace", "**")
    assert not run.green
    assert "127.0.0.1:9" not in run.output
    assert "hides Pulumi's configuration" in run.output
    assert stack.nao.publications(910) == 1


def test_ignored_changes_of_everything_are_no_change(stack):
    stack.program(
        "import pulumi\nfrom pulumi_nao import TrackingConfigPublication\n"
        "TrackingConfigPublication('site', 910, opts=pulumi.ResourceOptions(ignore_changes=['*']))"
    )
    assert stack.up().green
    assert stack.up("--expect-no-changes").green
    assert stack.nao.publications(910) == 1


def test_a_record_of_another_kind_of_resource_is_published_and_then_is_ours(stack):
    stack.program(
        "from pulumi.dynamic import CreateResult, Resource, ResourceProvider\n"
        "class HomeMade(ResourceProvider):\n"
        "    def create(self, props):\n"
        "        return CreateResult('some-id', {'site_id': 910, 'status': 5, 'started_at': 'yesterday'})\n"
        "class Publication(Resource):\n"
        "    pass\n"
        "Publication(HomeMade(), 'site', {'site_id': 910})"
    )
    assert stack.up().green
    stack.program(
        "import pulumi\nfrom pulumi_nao import TrackingConfigPublication\n"
        "former = pulumi.Alias(type_='pulumi-python:dynamic:Resource')\n"
        "TrackingConfigPublication('site', 910, opts=pulumi.ResourceOptions(aliases=[former]))"
    )
    assert stack.up().green
    assert stack.pulumi("refresh", "--yes", "--skip-preview").green
    assert stack.up("--expect-no-changes").green
    assert stack.nao.publications(910) == 1


@pytest.mark.parametrize("flags", [("--tracing", "file:trace"), ("--logflow", "-v=3")], ids=" ".join)
def test_flags_of_the_engine_leave_progress_on_its_row(stack, flags):
    run = stack.up(*flags)
    assert run.green
    assert "does not answer" not in run.output
    assert [line.split()[0] for line in _lines(run, "job 48145 accepted")] != []


INLINE = """
import os, sys
import pulumi
from pulumi import automation
from pulumi_nao import TrackingConfigPublication

def declare():
    TrackingConfigPublication(
        "site", site_id=910, triggers={"zones": sys.argv[1]},
        opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="1s")),
    )

stack = automation.create_or_select_stack("inline", "inline", declare)
stack.set_config("nao:apiKey", automation.ConfigValue(sys.argv[2], secret=True))
try:
    stack.up(on_output=print)
except automation.CommandError as error:
    sys.exit(1)
"""


def _inline(stack, zones):
    (stack.folder / "inline.py").write_text(INLINE)
    return subprocess.run(
        [sys.executable, "inline.py", zones, KEY],
        cwd=stack.folder,
        env=stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )


def test_an_inline_program_times_out_cleanly_and_goes_on_with_the_job(stack):
    stack.nao.add_site(910, job_seconds=math.inf)
    run = _inline(stack, "a")
    assert run.returncode == 1
    assert "not finished after 1 s, the limit set by custom_timeouts.create" in run.stdout
    assert "Traceback" not in run.stdout
    stack.nao.finish_job("48145")
    assert _inline(stack, "a").returncode == 0
    assert stack.nao.publications(910) == 1
