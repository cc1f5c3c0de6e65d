"""The real engine, run as a user runs it, against the simulator."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.stack import Stack
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


@pytest.fixture
def stack(tmp_path, engine_path, nao):
    return Stack(tmp_path, engine_path, nao)
