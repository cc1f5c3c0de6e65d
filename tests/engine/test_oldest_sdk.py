"""What is most at risk with another SDK, on the engine: the oldest supported SDK with the oldest grpcio it allows."""

import math
from pathlib import Path

import pytest

import pulumi_nao
from tests.missing import leave_out

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def oldest(stack, tmp_path):
    """The stack, its program and its plugin host on the oldest SDK."""
    environment = ROOT / ".venv-oldest"
    if not environment.exists():
        leave_out(f"there is no {environment}: `make test` makes it")
    packages = tmp_path / "packages"
    packages.mkdir()
    (packages / "pulumi_nao").symlink_to(Path(pulumi_nao.__file__).parent)
    stack.environment["PYTHONPATH"] = str(packages)
    runtime = f"name: python\n  options:\n    toolchain: pip\n    virtualenv: {environment}"
    (stack.folder / "Pulumi.yaml").write_text(f"name: engine-tier\nruntime:\n  {runtime}\n")
    return stack


def test_a_failed_job_is_shown_in_our_words(oldest):
    oldest.set("site", "911")
    run = oldest.up()
    assert run.code != 0
    assert run.diagnostics("site") == [
        "error: publication of site 911 failed: Missing graph or indoor area. Please add.",
        f"Job: {oldest.nao.url}/api/v2/background_jobs/48145",
        "Status 'failure' after 0 s.",
        "The next `pulumi up` publishes again.",
        "error: resource init failed",
    ]


def test_a_refusal_is_shown_in_our_words(oldest):
    oldest.set("site", "5")
    assert oldest.up().diagnostics("site")[0] == ("error: publication of site 5 refused by the server: 404 Not Found")


def test_ctrl_c_saves_the_job_and_the_next_up_goes_on_with_it(oldest):
    oldest.nao.add_site(910, job_seconds=math.inf)
    with oldest.start("up", "--yes", "--skip-preview") as process:
        oldest.end_when(process, lambda: oldest.nao.count("job"))
    assert oldest.publication()["outputs"]["job_id"] == "48145"
    assert not oldest.state().get("pending_operations")
    oldest.nao.finish_job("48145")
    assert oldest.up().green
    assert oldest.nao.publications(910) == 1


def test_custom_timeouts_count(oldest):
    oldest.nao.add_site(910, job_seconds=math.inf)
    program = (oldest.folder / "__main__.py").read_text()
    limited = "opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create='2s'))"
    oldest.program(program.replace('"site",\n', f'"site",\n    {limited},\n'))
    assert "the limit set by custom_timeouts.create" in oldest.up().output


def test_it_is_the_oldest_sdk_that_ran(oldest):
    program = "import grpc, pulumi\nfrom importlib.metadata import version\n"
    oldest.program(program + "pulumi.export('ran', version('pulumi'))\n")
    oldest.up()
    assert oldest.pulumi("stack", "output", "ran").output.strip() == "3.216.0"
