"""The project at the root of the repository, as a user finds it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_root_project_publishes_the_configured_site(stack):
    for name in ("Pulumi.yaml", "__main__.py", "requirements.txt"):
        shutil.copy(ROOT / name, stack.folder)
    shutil.copytree(ROOT / "examples", stack.folder / "examples")
    (stack.folder / ".venv").symlink_to(sys.prefix)
    stack.environment["PULUMI_STACK"] = "root"
    assert stack.pulumi("stack", "init", "root").green
    assert stack.pulumi("config", "set", "siteId", "910").green
    run = stack.up()
    assert run.green, run.output
    assert stack.nao.publications(910) == 1


@pytest.mark.acceptance
def test_the_demo_does_all_it_announces(engine_path):
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), engine_path, os.environ["PATH"]]),
    }
    run = subprocess.run(
        [sys.executable, ROOT / "tools" / "demo.py"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("\n  yes  ") == 4


@pytest.mark.acceptance
def test_pulumi_install_sets_the_project_up(stack):
    shutil.copytree(ROOT / "pulumi_nao", stack.folder / "pulumi_nao")
    for name in ("Pulumi.yaml", "__main__.py", "requirements.txt", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, stack.folder)
    run = stack.pulumi("install")
    assert run.green, run.output
    installed = subprocess.run(
        [stack.folder / ".venv" / "bin" / "python", "-c", "import pulumi_nao; print(pulumi_nao.__version__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert installed.stdout == "0.1.0\n"
