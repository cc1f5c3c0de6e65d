"""The soak: its judgement on made-up samples, and a short run of the real thing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak import Sample, growth

ROOT = Path(__file__).resolve().parents[2]
STEADY = Sample(memory=70.0, threads=20, descriptors=12, sockets=6)


def test_a_steady_host_is_within_bounds():
    assert {name: within for name, (_, _, within) in growth([STEADY] * 60).items()} == {
        "memory": True,
        "threads": True,
        "descriptors": True,
        "sockets": True,
    }


def test_what_grows_before_the_warm_up_is_over_does_not_count():
    starting = [Sample(memory=10.0 + 4 * n, threads=n, descriptors=n, sockets=n) for n in range(15)]
    assert growth(starting + [STEADY] * 45)["memory"] == (70.0, 70.0, True)


@pytest.mark.parametrize(
    ("measure", "a_sample"), [("memory", 0.2), ("threads", 0.4), ("descriptors", 1.2), ("sockets", 1.2)]
)
def test_a_slow_leak_is_seen(measure, a_sample):
    leaking = [
        Sample(**{**vars(STEADY), measure: getattr(STEADY, measure) + a_sample * number}) for number in range(60)
    ]
    assert {name for name, (_, _, within) in growth(leaking).items() if not within} == {measure}


def test_a_short_soak_prints_its_figures_and_its_verdict():
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--seconds", "4", "--samples", "4", "--workers", "4"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.stderr == ""
    assert int(re.search(r"^(\d+) attempts: ", done.stdout, re.MULTILINE)[1]) > 0
    assert "4 cancelled waits ended within" in done.stdout
    verdict = re.findall(r"^(memory|threads|descriptors|sockets) .*?(GREW)?$", done.stdout, re.MULTILINE)
    assert [name for name, _ in verdict] == ["memory", "threads", "descriptors", "sockets"]
    assert done.returncode == (1 if "GREW" in done.stdout else 0)
