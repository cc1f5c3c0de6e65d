"""`make bench`, first part: publish fleets, with this package and with what one would have without it.

Every run has a fresh stack on the real engine (or a shell loop) and a simulated NAO Cloud in a process of its own.
The floor is a stack of as many dynamic resources that do nothing, plus the longest job. All runs of a round are
interleaved, and the rounds are repeated, since machines are noisy.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.engine_run import CONTESTANTS, ContestantStack
from benchmarks.results import RESULTS, measured_on, store
from benchmarks.service import KEY, running_service

MIXED = (1.0, 5.0, 21.0)


@dataclass(frozen=True)
class Case:
    """What one run is about.

    Attributes:
        contestant: `ours`, `native`, `stock 1 s`, `stock 5 s`, `curl one by one`, `curl xargs -P`, or `floor`.
        sites: How many.
        jobs: How long each job takes: seconds, or `mixed`.
        parallel: How many at a time; `None` for the engine's default.
        rounds: How often it is run.
    """

    contestant: str
    sites: int
    jobs: str
    parallel: int | None = 256
    rounds: int = 3

    @property
    def job_seconds(self) -> list[float]:
        """How long the job of each site takes, the same in every run."""
        if self.jobs == "mixed":
            chance = random.Random(self.sites)  # noqa: S311 - nothing secret
            return [chance.choice(MIXED) for _ in range(self.sites)]
        return [float(self.jobs)] * self.sites


CASES = [
    *(Case(who, sites, "1") for sites in (1, 10, 50, 200) for who in ("floor", "ours")),
    *(Case("stock 1 s", sites, "1", rounds=2) for sites in (1, 10, 50, 200)),
    *(Case("stock 5 s", sites, "1", rounds=2) for sites in (1, 10)),
    *(Case(who, 500, "1", 512, rounds=2) for who in ("floor", "ours")),
    *(Case("ours", sites, "5", rounds=2) for sites in (50, 200)),
    *(Case("ours", sites, "mixed", rounds=1) for sites in (50, 200)),
    *(Case("ours", sites, "21", rounds=2) for sites in (1, 50, 200)),
    Case("ours", 500, "21", 512, rounds=2),
    Case("stock 1 s", 20, "21", rounds=1),
    *(Case(who, 50, "1", None, rounds=2) for who in ("floor", "ours", "stock 1 s")),
    Case("ours", 20, "21", None, rounds=1),
    Case("curl one by one", 10, "1", 1, rounds=2),
    *(Case("curl xargs -P", sites, "1", 256, rounds=2) for sites in (50, 200)),
    Case("curl xargs -P", 200, "21", 256, rounds=1),
]

QUICK = [
    Case("floor", 2, "0", rounds=1),
    Case("ours", 2, "0", rounds=1),
    Case("stock 1 s", 2, "0", rounds=1),
    Case("curl xargs -P", 2, "0", 2, rounds=1),
]


def measure(case: Case) -> dict[str, Any]:
    """Run a case once.

    Args:
        case: What to run.

    Returns:
        The case and its measures, ready for JSON.
    """
    with tempfile.TemporaryDirectory() as folder, running_service(case.job_seconds) as service:
        variables = {"SITES": str(case.sites), "NAO_BASE_URL": service.url}
        measures: dict[str, Any] = {}
        if case.contestant.startswith("curl"):
            measures["wall"] = _shell(case, variables)
        else:
            name, _, pause = case.contestant.partition(" ")
            variables["LOOK_EVERY"] = pause.removesuffix(" s")
            stack = ContestantStack(Path(folder), name, variables, case.parallel)
            measures["wall"] = stack.up()
            measures |= asdict(stack.usage)
            measures["bytes_per_resource"] = stack.bytes_per_resource()
        told = service.ask()
    late = told["late"]
    if isinstance(late, list) and late:
        if len(late) != case.sites:
            raise RuntimeError(f"{len(late)} of {case.sites} jobs were seen to end")
        measures["late_median"] = statistics.median(late)
        measures["late_95"] = sorted(late)[math.ceil(0.95 * len(late)) - 1]
    measures["requests"] = told["requests"]
    return {**asdict(case), **measures, "longest_job": max(case.job_seconds)}


def _shell(case: Case, variables: dict[str, str]) -> float:
    began = time.monotonic()
    subprocess.run(  # noqa: S603 - our own words
        ["xargs", "-P", str(case.parallel), "-n", "1", str(CONTESTANTS / "publish.sh")],  # noqa: S607 - found on PATH by design
        input="\n".join(str(site) for site in range(1, case.sites + 1)),
        text=True,
        env={**os.environ, "NAO_API_KEY": KEY, **variables},
        check=True,
    )
    return time.monotonic() - began


def main() -> None:
    """Measure, and keep the raw results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two sites and instant jobs, to see that it works")
    parser.add_argument("--only", default="", help="only cases of this contestant")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the raw results")
    chosen = parser.parse_args()
    cases = [case for case in (QUICK if chosen.quick else CASES) if case.contestant.startswith(chosen.only)]
    runs = []
    for turn in range(max(case.rounds for case in cases)):
        for case in cases:
            if turn < case.rounds:
                runs.append(measure(case))
                print(_line(runs[-1]), flush=True)
                store("fleet", {"measured_on": measured_on(), "runs": runs}, chosen.results)


def _line(run: dict[str, Any]) -> str:
    what = f"{run['contestant']:16} {run['sites']:4} sites, jobs of {run['jobs']:>5} s"
    took = f"{run['wall']:6.1f} s, {run['requests'] / run['sites']:.1f} requests a site"
    return f"{what}, --parallel {run['parallel'] or 'default'}: {took}"


if __name__ == "__main__":
    main()
