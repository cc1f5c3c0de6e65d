"""Tests that run side by side share what is dear."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

@pytest.fixture(scope="module")
def dear():
    with open("made", "a") as made:
        made.write("once ")

@pytest.mark.parametrize("number", range(4))
def test_asks(dear, number):
    pass
"""


def test_a_run_that_tests_of_a_module_share_is_made_once(tmp_path):
    (tmp_path / "test_asking.py").write_text(TESTS)
    options = ["--numprocesses", "2", "--dist", "loadgroup", "-p", "tests.conftest"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 passed" in ended.stdout
    assert (tmp_path / "made").read_text() == "once "
