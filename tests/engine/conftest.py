"""The real engine, run as a user runs it, against the simulator."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.stack import Stack, new_project
from tests.missing import leave_out

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def engine_path():
    """The folders that hold the engine; in CI there always is one, elsewhere its absence is said aloud."""
    found = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "engine" / "find.py")], capture_output=True, text=True, check=False
    )
    if found.returncode:
        leave_out(f"THE ENGINE TIER DID NOT RUN, there is no engine:\n{found.stderr}")
    return found.stdout.strip()


@pytest.fixture(scope="session")
def project(tmp_path_factory, engine_path):
    folder = tmp_path_factory.mktemp("new")
    new_project(folder, engine_path)
    return folder


@pytest.fixture
def stack(tmp_path, engine_path, nao, project):
    return Stack(tmp_path, engine_path, nao, project)
