"""`make bench`, fourth part: fleets beyond this machine, on the real waiting and pacing code in virtual time.

No sockets and no engine: what is shown is the schedule of requests, and what becomes of each publication. The same
seed gives the same course.
"""

from __future__ import annotations

import argparse
import random
import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import RESULTS, measured_on, store
from pulumi_nao.attempt import Wanted
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.lifecycle import Runner
from pulumi_nao.models import publication
from pulumi_nao.simulator.limit import RequestLimit
from pulumi_nao.simulator.world import Site
from pulumi_nao.waiting.clock import DEFAULT_LIMIT
from tests.core.virtual_service import SERVER, FixedWindow, VirtualService
from tests.core.virtual_time import VirtualClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pulumi_nao.simulator.world import UtcClock


@dataclass(frozen=True)
class Fleet:
    """What is simulated.

    Attributes:
        name: What is special about it.
        sites: How many.
        parallel: How many publications run at a time.
        limit: Of requests to the service, for a clock; `None` for none.
        requests_per_second: `nao:requestsPerSecond`.
        down: From when to when the service answers no look, in seconds.
    """

    name: str
    sites: int
    parallel: int
    limit: Callable[[UtcClock], RequestLimit] | None = None
    requests_per_second: float | None = None
    down: tuple[float, float] = (0.0, 0.0)


def _per_second(number: float) -> Callable[[UtcClock], RequestLimit]:
    return lambda clock: RequestLimit(number, clock)


FLEETS = [
    Fleet("no limit", 500, 512),
    Fleet("20 requests/s", 500, 512, _per_second(20)),
    Fleet("20 requests/s, `nao:requestsPerSecond` 20", 500, 512, _per_second(20), 20.0),
    Fleet("300 requests a minute", 500, 512, lambda clock: FixedWindow(300, 60, clock)),
    Fleet("no answer to looks for 5 minutes", 500, 512, down=(10.0, 310.0)),
    Fleet("no limit", 2_000, 2_000),
    Fleet("20 requests/s", 2_000, 2_000, _per_second(20)),
    Fleet("no limit", 10_000, 512),
    Fleet("100 requests/s", 10_000, 512, _per_second(100)),
    Fleet("20 requests/s", 10_000, 512, _per_second(20)),
    Fleet("no answer to looks for 5 minutes", 10_000, 512, down=(60.0, 360.0)),
]


def simulate(fleet: Fleet, seed: int = 1) -> dict[str, Any]:
    """Publish a fleet whose jobs take 21 s, give or take a fifth.

    Args:
        fleet: What to simulate.
        seed: Of chance.
    """
    random.seed(seed)
    clock = VirtualClock()
    sites = [
        Site(number, job_seconds=21 * random.uniform(0.8, 1.2))  # noqa: S311 - nothing secret
        for number in range(1, fleet.sites + 1)
    ]
    service = VirtualService(clock, sites, fleet.limit, down=fleet.down)
    publisher = Runner(service.client(RateLimiter(clock, fleet.requests_per_second)), clock)
    todo: Iterator[int] = iter(range(1, fleet.sites + 1))
    failed: list[str] = []

    def work() -> None:
        for site in todo:
            outcome = publisher.run(Wanted(publication(site), SERVER), DEFAULT_LIMIT)
            if outcome.error:
                failed.append(outcome.error.headline)

    clock.run(*[work] * min(fleet.parallel, fleet.sites))
    rounds = -(-fleet.sites // fleet.parallel)
    return {
        "name": fleet.name,
        "sites": fleet.sites,
        "parallel": fleet.parallel,
        "seconds": clock.time,
        "floor": rounds * 21.0,
        "requests": len(service.requests),
        "refused": service.refused,
        "failed": len(failed),
        "twice": len(service.posts) - len(set(service.posts)),
        "late_median": statistics.median(service.late),
    }


def main() -> None:
    """Simulate, and keep the raw results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only the smaller fleets, to see that it works")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the raw results")
    chosen = parser.parse_args()
    threading.stack_size(256 * 1024)
    runs = []
    for fleet in FLEETS:
        if chosen.quick and fleet.sites > 500:  # noqa: PLR2004 - the smaller ones of the list above
            continue
        began = time.monotonic()
        runs.append(simulate(fleet))
        run = runs[-1]
        print(
            f"{run['sites']:6} sites, {run['name']}: {run['seconds']:.0f} s, {run['requests']} requests, "
            f"{run['refused']} refused, {run['failed']} failed (simulated in {time.monotonic() - began:.1f} s)",
            flush=True,
        )
    store("scale", {"measured_on": measured_on(), "runs": runs}, chosen.results)


if __name__ == "__main__":
    main()
