"""`make bench`: wall time of a fleet's `pulumi up`, as a ratio to the same stack with instant jobs.

The simulator runs in this process, the engine and the provider are the real ones. Machines are noisy: the runs are
interleaved, and the ratio of the medians is the figure.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from pulumi_nao.simulator import Simulator

KEY = "bench-key"
PROGRAM = """
import os
from pulumi_nao import TrackingConfigPublication
for site in range(1, int(os.environ["SITES"]) + 1):
    TrackingConfigPublication(f"site-{site}", site_id=site)
"""


def measure(sites: int, job_seconds: float, parallel: int) -> tuple[float, float]:
    """Publish a fleet once.

    Args:
        sites: How many.
        job_seconds: How long each job takes.
        parallel: The engine's `--parallel`.

    Returns:
        Seconds of wall time, and requests per site.
    """
    with tempfile.TemporaryDirectory() as folder, Simulator(job_seconds=job_seconds) as nao:
        nao.add_key(KEY)
        for site in range(1, sites + 1):
            nao.add_site(site)
        project = Path(folder, "project")
        project.mkdir()
        Path(folder, "state").mkdir()
        (project / "Pulumi.yaml").write_text("name: fleet\nruntime: python\n")
        (project / "__main__.py").write_text(PROGRAM)
        environment = {
            **os.environ,
            "SITES": str(sites),
            "NAO_API_KEY": KEY,
            "NAO_BASE_URL": nao.url,
            "PULUMI_BACKEND_URL": Path(folder, "state").as_uri(),
            "PULUMI_HOME": str(Path(folder, "home")),
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_PARALLEL": str(parallel),
        }

        def run(*arguments: str) -> None:
            subprocess.run(  # noqa: S603 - our own words
                ["pulumi", *arguments, "--non-interactive"],  # noqa: S607 - found on PATH by design
                cwd=project,
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )

        run("stack", "init", "bench")
        began = time.monotonic()
        run("up", "--yes", "--skip-preview")
        return time.monotonic() - began, nao.count() / sites


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--job-seconds", type=float, default=2.0)
    parser.add_argument("--parallel", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    instant, real = [], []
    for _ in range(chosen.runs):
        instant.append(measure(chosen.sites, 0.0, chosen.parallel))
        real.append(measure(chosen.sites, chosen.job_seconds, chosen.parallel))
    floor = statistics.median(wall for wall, _ in instant)
    wall = statistics.median(wall for wall, _ in real)
    jobs = f"{chosen.sites} sites, jobs of {chosen.job_seconds:g} s"
    print(f"{jobs}, --parallel {chosen.parallel}, {chosen.runs} runs each")
    print(f"  instant jobs      {floor:6.1f} s   {instant[0][1]:.1f} requests a site")
    print(f"  jobs as given     {wall:6.1f} s   {real[0][1]:.1f} requests a site")
    print(f"  wall to (instant + one job)  {wall / (floor + chosen.job_seconds):.2f}")


if __name__ == "__main__":
    main()
