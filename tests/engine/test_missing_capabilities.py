"""An SDK and a grpc to come that have none of the private names: the provider is then as good as the stock host."""

import pytest

NOTHING_KNOWN = """
import gc, sys
if "pulumi.dynamic" in " ".join(sys.orig_argv):
    gc.get_objects = list
    from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2
    del engine_pb2_grpc.EngineStub, provider_pb2.ErrorResourceInitFailed
"""


@pytest.fixture
def unknown(stack, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NOTHING_KNOWN)
    stack.environment["PYTHONPATH"] = str(tmp_path)
    return stack


def test_it_still_publishes_and_says_what_it_does_without(unknown):
    run = unknown.up()
    assert run.green, run.output
    assert unknown.nao.publications(910) == 1
    assert "Ctrl-C ends a run only when its jobs have ended" in run.output


def test_a_failed_job_still_fails_the_deployment_and_the_next_up_publishes(unknown):
    unknown.set("site", "911")
    run = unknown.up()
    assert run.code != 0
    assert "publication of site 911 failed: Missing graph or indoor area. Please add." in run.output
    unknown.nao.add_site(911)
    assert unknown.up().green
    assert unknown.nao.publications(911) == 2
