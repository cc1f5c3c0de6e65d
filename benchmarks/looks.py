"""`make bench`, third part: when to look at a job. Candidates, on the real `jobs.wait` in virtual time.

A good schedule notices the end of a job a small share of the job's own time late, and asks for that with few
requests, whether the job takes seconds or half an hour.
"""

from __future__ import annotations

import argparse
import random
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks.results import RESULTS, measured_on, store
from pulumi_nao import jobs
from pulumi_nao.simulator.world import Site
from tests.core.virtual_service import VirtualService
from tests.core.virtual_time import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable

DURATIONS = (1.0, 5.0, 21.0, 120.0, 600.0, 1500.0)


def _share(first: float, share: float, longest: float) -> Callable[[float], float]:
    return lambda waited: min(longest, first + share * waited)


def _geometric(first: float, ratio: float, longest: float) -> Callable[[float], float]:
    # After n pauses first * (ratio**n - 1) / (ratio - 1) seconds are over, so the time waited tells the next pause.
    return lambda waited: min(longest, first + (ratio - 1) * waited)


CANDIDATES: dict[str, Callable[[float], float]] = {
    "every 1 s": lambda _waited: 1.0,
    "every 5 s": lambda _waited: 5.0,
    "geometric 0.5 s, x 1.5, up to 30 s": _geometric(0.5, 1.5, 30.0),
    "geometric 1 s, x 2, up to 60 s": _geometric(1.0, 2.0, 60.0),
    "0.3 s + 4 %, up to 15 s": _share(0.3, 0.04, 15.0),
    "0.6 s + 7 %, up to 15 s": _share(0.6, 0.07, 15.0),
    "0.6 s + 10 %, up to 15 s": _share(0.6, 0.10, 15.0),
    "1 s + 10 %, up to 30 s": _share(1.0, 0.10, 30.0),
}


def measure(interval_after: Callable[[float], float], seconds: float, jobs_at_once: int) -> dict[str, float]:
    """Wait for jobs of about a length, each with a pace of its own.

    Args:
        interval_after: The schedule.
        seconds: About how long the jobs take; they differ by a fifth, so that no schedule hits them by chance.
        jobs_at_once: How many.

    Returns:
        The median number of looks, and how late the end was noticed, as a share of the job's time.
    """
    random.seed(1)
    lengths = [seconds * random.uniform(0.8, 1.2) for _ in range(jobs_at_once)]  # noqa: S311 - nothing secret
    clock = VirtualClock()
    looks: list[int] = []
    late: list[float] = []

    def waiting(length: float) -> Callable[[], None]:
        def wait() -> None:
            service = VirtualService(clock, [Site(910, job_seconds=length)])
            jobs.wait(service.client().publish(910), 7200.0, clock=clock)
            looks.append(len(service.requests) - 1)
            late.append(service.late[0] / length)

        return wait

    with mock.patch.object(jobs, "interval_after", interval_after):
        clock.run(*(waiting(length) for length in lengths))
    return {
        "looks": statistics.median(looks),
        "most_looks": max(looks),
        "late_median": statistics.median(late),
        "late_95": sorted(late)[int(0.95 * (len(late) - 1))],
    }


def main() -> None:
    """Measure, and keep the raw results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few jobs, to see that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the raw results")
    chosen = parser.parse_args()
    runs: list[dict[str, Any]] = [
        {"candidate": name, "seconds": seconds, **measure(candidate, seconds, 10 if chosen.quick else 200)}
        for name, candidate in {**CANDIDATES, "chosen": jobs.interval_after}.items()
        for seconds in DURATIONS
    ]
    store("looks", {"measured_on": measured_on(), "runs": runs}, chosen.results)
    for run in runs:
        print(
            f"{run['candidate']:36} job of {run['seconds']:6.0f} s: {run['looks']:5.0f} looks, "
            f"noticed {run['late_median']:6.1%} late (95th {run['late_95']:6.1%})"
        )


if __name__ == "__main__":
    main()
