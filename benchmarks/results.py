"""Raw results: where they are kept, and on what they were measured."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

RESULTS = Path(__file__).parent / "results"


def measured_on() -> dict[str, Any]:
    """The machine, the versions and the commit."""
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "python": platform.python_version(),
        "engine": _said("pulumi", "version"),
        **{name: version(name) for name in ("pulumi", "pydantic", "requests")},
        "commit": _said("git", "rev-parse", "--short", "HEAD"),
    }


def store(name: str, results: dict[str, Any], folder: Path = RESULTS) -> None:
    """Keep the results of a benchmark in place of the earlier ones.

    Args:
        name: The benchmark.
        results: Whatever it measured.
        folder: Where.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(results, indent=1) + "\n")


def load(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Read what was kept.

    Args:
        name: The benchmark.
        folder: Where.
    """
    results: dict[str, Any] = json.loads((folder / f"{name}.json").read_text())
    return results


def _said(*command: str) -> str:
    if not shutil.which(command[0]):
        return "none"
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return ended.stdout.strip() or "unknown"
