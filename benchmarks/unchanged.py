"""`make bench`, second part: what it costs when nothing has changed, what an import costs, and the other surface.

A stack of unchanged publications against the same stack of dynamic resources that do nothing, and the import of the
package against that of what it needs anyway. The native plugin against the Python resource, unchanged and publishing:
both programs are in Python, so that only the surface differs. All sides are run in turn; instructions are counted as
well where `perf` can, since they do not depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.engine_run import ContestantStack, installed
from benchmarks.fleet import Case, measure
from benchmarks.results import RESULTS, measured_on, store
from benchmarks.service import running_service

# pydantic loads itself only when something of it is used, and the rest of itself with the first model.
_DEPENDENCIES = (
    "import pulumi.dynamic, requests, pulumi.runtime.proto.engine_pb2_grpc; from pydantic import BaseModel"
)
_IN_HOST = "import pulumi_nao.provider, pulumi_nao.resources.dynamic, pulumi_nao.host.engine, pulumi_nao.host.failure"

IMPORTS = {
    "program's dependencies": "import pulumi.dynamic",
    "program": "from pulumi_nao import TrackingConfigPublication",
    "host": _IN_HOST,
    "host's dependencies": _DEPENDENCIES,
    "publishing host": f"{_IN_HOST}, pulumi_nao.cloud.client",
    "publishing host's dependencies": f"{_DEPENDENCIES}; type('Model', (BaseModel,), {{}})",
}

SURFACES = ("ours", "native")


def unchanged(sites: int, rounds: int) -> list[dict[str, Any]]:
    """Preview and update a stack in which nothing has changed.

    Args:
        sites: How many resources.
        rounds: How often.
    """
    runs = []
    with tempfile.TemporaryDirectory() as folder, running_service([0.0] * sites) as service:
        variables = {"SITES": str(sites), "NAO_BASE_URL": service.url}
        stacks = {}
        for name in ("floor", *SURFACES):
            Path(folder, name).mkdir()
            stacks[name] = ContestantStack(Path(folder, name), name, variables, 256)
            stacks[name].up()
        for _ in range(rounds):
            for name, stack in stacks.items():
                for command, run in (("preview", stack.preview), ("up", stack.up)):
                    took = run()
                    runs.append({"contestant": name, "command": command, "wall": took, "cpu": stack.usage.cpu})
                    print(f"{name:6} {command:8} {took:5.2f} s", flush=True)
    return runs


def publishing(sites: int, rounds: int) -> list[dict[str, Any]]:
    """Publish with either surface, with jobs of a second, all at once.

    Args:
        sites: How many resources.
        rounds: How often.
    """
    runs = []
    for _ in range(rounds):
        for name in SURFACES:
            run = measure(Case(name, sites, "1"))
            runs.append(run)
            print(f"{name:6} publishing {run['wall']:5.2f} s", flush=True)
    return runs


def imports(rounds: int) -> list[dict[str, Any]]:
    """Import in a fresh interpreter.

    Args:
        rounds: How often.
    """
    runs: list[dict[str, Any]] = []
    for turn in range(rounds):
        for name, code in IMPORTS.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], env=installed(), check=True)  # noqa: S603 - our own words
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            runs.append({"import": name, "cpu": cpu, "instructions": _instructions(code) if turn == 0 else None})
    taken = {name: [run["cpu"] for run in runs if run["import"] == name] for name in IMPORTS}
    for name in ("program", "host", "publishing host"):
        pairs = list(zip(taken[name], taken[f"{name}'s dependencies"], strict=True))
        best = min(ours for ours, _ in pairs) / min(needs for _, needs in pairs)
        median = statistics.median(ours / needs for ours, needs in pairs)
        print(f"import in the {name:15} {best:.2f} x its dependencies at best, median {median:.2f} x", flush=True)
    return runs


def _instructions(code: str) -> int | None:
    if not shutil.which("perf"):
        return None
    command = ["perf", "stat", "-x,", "-e", "instructions:u", sys.executable, "-c", code]
    ended = subprocess.run(command, env=installed(), capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    found = re.search(r"^([0-9]+),", ended.stderr, re.MULTILINE)
    return int(found[1]) if found else None


def main() -> None:
    """Measure, and keep the raw results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sites, once, to see that it works")
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the raw results")
    chosen = parser.parse_args()
    sites, rounds = (2, 1) if chosen.quick else (chosen.sites, chosen.rounds)
    results = {
        "measured_on": measured_on(),
        "sites": sites,
        "runs": unchanged(sites, rounds),
        "publishing": publishing(sites, rounds),
        "imports": imports(rounds * 3),
    }
    store("unchanged", results, chosen.results)


if __name__ == "__main__":
    main()
