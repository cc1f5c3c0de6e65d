"""The benchmarks run, end to end, at their smallest; what they measure is for a quiet machine."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.fleet import Case
from benchmarks.report import spread, surfaces_table, targets
from tests.engine.conftest import engine_path  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]


def run(module, *arguments, path=""):
    ended = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PATH": os.pathsep.join([path, os.environ["PATH"]])},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=200,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


def test_a_fleet_is_measured_and_reported(tmp_path, engine_path):  # noqa: F811
    run("fleet", "--quick", "--results", tmp_path, path=engine_path)
    measured = json.loads((tmp_path / "fleet.json").read_text())["runs"]
    assert [run["contestant"] for run in measured] == ["floor", "ours", "stock 1 s", "curl xargs -P"]
    assert all(run["requests"] == 4 for run in measured[1:])
    run("report", "--results", tmp_path, "--figures", tmp_path)
    assert "| ours | 2 | 0 | 256 |" in (tmp_path / "fleet.md").read_text()
    assert (tmp_path / "fleet.svg").read_text().startswith("<?xml")


def test_unchanged_stacks_and_imports_are_measured_and_reported(tmp_path, engine_path):  # noqa: F811
    run("unchanged", "--quick", "--results", tmp_path, path=engine_path)
    run("report", "--results", tmp_path, "--figures", tmp_path)
    assert "`preview` of 2 unchanged" in (tmp_path / "unchanged.md").read_text()
    assert "`up` of 2 with jobs of 1 s" in (tmp_path / "surfaces.md").read_text()
    measured = json.loads((tmp_path / "unchanged.json").read_text())
    assert {run["contestant"] for run in measured["runs"]} == {"floor", "ours", "native"}
    assert all(run["requests"] >= 4 and run["memory"] > 0 for run in measured["publishing"])


@pytest.mark.acceptance
@pytest.mark.parametrize("name", ["looks", "scale"])
def test_a_simulation_takes_the_same_course_every_time(tmp_path, name):
    once, again = tmp_path / "once", tmp_path / "again"
    run(name, "--quick", "--results", once)
    run(name, "--quick", "--results", again)
    assert (once / f"{name}.json").read_text() == (again / f"{name}.json").read_text()
    run("report", "--results", once, "--figures", tmp_path)
    assert (tmp_path / f"{name}.md").read_text().startswith("| ")


def test_mixed_jobs_are_the_same_in_every_run():
    assert Case("ours", 50, "mixed").job_seconds == Case("ours", 50, "mixed").job_seconds


def test_a_spread_is_the_median_with_the_least_and_the_most():
    assert spread([3.0, 1.0, 2.0]) == "2.0 (1.0-3.0)"


def test_what_is_measured_at_fewer_sites_is_scaled_and_says_so():
    shared = {"jobs": "21", "parallel": 256}
    runs = [
        {"contestant": "floor", "sites": 200, "jobs": "1", "parallel": 256, "wall": 9.0},
        {"contestant": "ours", "sites": 200, "wall": 30.0, **shared},
        {"contestant": "stock 1 s", "sites": 20, "wall": 120.0, **shared},
    ]
    assert "| 200 x 21 s, `--parallel 256` | 1.00 | 40.0, scaled from 20 sites |" in targets({"runs": runs})


def test_surfaces_are_compared_round_by_round():
    ours, native = (2.0, 6.0, 8.0), (1.0, 6.0, 12.0)
    runs = [
        {"contestant": who, "command": command, "wall": wall}
        for command in ("preview", "up")
        for both in zip(ours, native, strict=True)
        for who, wall in (("floor", 1.0), *zip(("ours", "native"), both, strict=True))
    ]
    publishing = [run for run in runs if run["command"] == "up"][:3]
    written = surfaces_table({"sites": 200, "runs": runs, "publishing": publishing})
    assert "| `preview` of 200 unchanged, s | 6.00 (2.00-8.00) | 6.00 (1.00-12.00) | 1.00 (0.50-1.50) |" in written
    assert "| `up` of 200 with jobs of 1 s, s | 2.00 | 1.00 | 0.50 |" in written
