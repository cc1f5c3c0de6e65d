"""The simulated NAO Cloud in a process of its own, so that its work is not counted as the contestants'.

The child prints its URL, waits for a line on standard input, and answers it with what happened, as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_nao.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = "bench-key"


@dataclass
class Service:
    """The running child.

    Attributes:
        url: Where it listens.
        process: The child.
    """

    url: str
    process: subprocess.Popen[str]

    def ask(self) -> dict[str, list[float] | int]:
        """What happened so far: the number of `requests`, and for each job that was seen to end, how `late`."""
        if not self.process.stdin or not self.process.stdout:
            raise RuntimeError("the child has no pipes")
        print(file=self.process.stdin, flush=True)
        told: dict[str, list[float] | int] = json.loads(self.process.stdout.readline())
        return told


@contextmanager
def running_service(job_seconds: Sequence[float]) -> Iterator[Service]:
    """Run the simulator with a site for each duration, numbered from 1.

    Args:
        job_seconds: How long the publication of each site takes.
    """
    arguments = [sys.executable, "-m", "benchmarks.service"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - our own words
        if not child.stdin or not child.stdout:
            raise RuntimeError("the child has no pipes")
        print(json.dumps(list(job_seconds)), file=child.stdin, flush=True)
        try:
            yield Service(child.stdout.readline().strip(), child)
        finally:
            child.stdin.close()


def main() -> None:
    """Serve until standard input ends."""
    with Simulator() as nao:
        nao.add_key(KEY)
        for site, seconds in enumerate(json.loads(sys.stdin.readline()), 1):
            nao.add_site(site, job_seconds=seconds)
        print(nao.url, flush=True)
        for _ in sys.stdin:
            print(json.dumps({"requests": nao.count(), "late": _late(nao)}), flush=True)


def _late(nao: Simulator) -> list[float]:
    """Seconds from the end of each job to the look that showed it."""
    late: dict[int, float] = {}
    for request in nao.requests:
        job = request.job
        if request.route == "job" and job and job.has_finished and job.id not in late:
            late[job.id] = (request.time - job.updated_at).total_seconds()
    return list(late.values())


if __name__ == "__main__":
    main()
