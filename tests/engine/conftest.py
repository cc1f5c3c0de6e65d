"""The real engine, run as a user runs it, against the simulator."""

import functools
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import simulated
from tests.engine.stack import Run, Stack, new_project
from tests.missing import leave_out

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def engine_path():
    """The folders that hold the engine; in CI there always is one, elsewhere its absence is said aloud."""
    return _found("find.py", "THE ENGINE TIER DID NOT RUN, there is no engine")


@pytest.fixture(scope="session")
def yaml_path():
    """The same for programs in YAML."""
    return _found("find_yaml.py", "NO PROGRAM IN YAML RAN, there is no language host for it")


def _found(script, missing):
    found = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "engine" / script)], capture_output=True, text=True, check=False
    )
    if found.returncode:
        leave_out(f"{missing}:\n{found.stderr}")
    return found.stdout.strip()


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory, engine_path):
    folder = tmp_path_factory.mktemp("new")
    new_project(folder, engine_path)
    return folder


@pytest.fixture
def stack(tmp_path, engine_path, nao, empty_project):
    return Stack(tmp_path, engine_path, nao, empty_project)


@dataclass(frozen=True)
class FirstUp:
    """The first `up` of a new stack, and the stack as it was left; any number of tests ask, and none changes it."""

    run: Run
    stack: Stack


@pytest.fixture(scope="session")
def _first_ups(tmp_path_factory, engine_path, empty_project):
    """Makes such an `up` of a site, once."""

    @functools.cache
    def first_up(site):
        with simulated() as nao:
            stack = Stack(tmp_path_factory.mktemp(site), engine_path, nao, empty_project)
            stack.set("site", site)
            stack.measure()
            return FirstUp(stack.up(), stack)

    return first_up


@pytest.fixture
def first_up(_first_ups, searched):
    """It went well."""
    made = _first_ups("910")
    assert made.run.green, made.run.output
    searched(made.stack.folder.parent, made.run.output)
    return made


@pytest.fixture
def failed_up(_first_ups, searched):
    """Its job failed."""
    made = _first_ups("911")
    searched(made.stack.folder.parent, made.run.output)
    return made


@pytest.fixture
def published(first_up, stack):
    """A stack of this test's own after an `up` that went well."""
    stack.follow(first_up.stack)
    return stack
