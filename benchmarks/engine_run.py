"""A stack of a contestant on the real engine, and what its plugin host takes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.service import KEY

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

CONTESTANTS = Path(__file__).parent / "contestants"
_SAMPLE_EVERY = 0.5
_HOSTS = ("pulumi.dynamic", "pulumi-resource-nao")


def installed() -> dict[str, str]:
    """The environment, with what makes a checkout load like an installed package, which has its bytecode."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Usage:
    """What a plugin host took.

    Attributes:
        memory: Resident memory at its highest, in MiB.
        threads: The most threads.
        sockets: The most internet sockets.
        cpu: User and system time in seconds, up to the last sample.
    """

    memory: float = 0.0
    threads: int = 0
    sockets: int = 0
    cpu: float = 0.0


class HostWatch:
    """Samples the plugin host below a process, from outside."""

    def __init__(self, root: int) -> None:
        self.usage = Usage()
        self._root = root
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        host: psutil.Process | None = None
        while not self._end.wait(_SAMPLE_EVERY):
            with suppress(psutil.Error):
                host = host or self._find()
                if host:
                    self._sample(host)

    def _find(self) -> psutil.Process | None:
        for process in psutil.Process(self._root).children(recursive=True):
            with suppress(psutil.Error):
                words = process.cmdline()
                if words and "python" in Path(words[0]).name and any(word.endswith(_HOSTS) for word in words):
                    return process
        return None

    def _sample(self, host: psutil.Process) -> None:
        with host.oneshot():
            self.usage.memory = max(self.usage.memory, host.memory_info().rss / 2**20)
            self.usage.threads = max(self.usage.threads, host.num_threads())
            times = host.cpu_times()
            self.usage.cpu = times.user + times.system
        self.usage.sockets = max(self.usage.sockets, len(host.net_connections("inet")))


class ContestantStack:
    """A contestant's project in a folder of its own, with a state of its own.

    Args:
        folder: Where to put it.
        contestant: A folder of `contestants`.
        variables: Environment variables for the program and the host.
        parallel: The engine's `--parallel`; `None` for its default.
    """

    def __init__(self, folder: Path, contestant: str, variables: dict[str, str], parallel: int | None) -> None:
        self._folder = folder / contestant
        shutil.copytree(CONTESTANTS / contestant, self._folder)
        scripts = Path(sys.executable).parent
        (self._folder / "bin").symlink_to(scripts)  # where the projects look for the native plugin
        (folder / "state").mkdir(exist_ok=True)
        kept = {name: value for name, value in installed().items() if not name.startswith(("NAO_", "PULUMI_"))}
        self._environment = {
            **kept,
            "PATH": os.pathsep.join([str(scripts), os.environ["PATH"]]),
            "NAO_API_KEY": KEY,
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **variables,
        }
        if parallel:
            self._environment["PULUMI_PARALLEL"] = str(parallel)
        self.usage = Usage()
        self.run("stack", "init", "bench")

    def run(self, *arguments: str) -> tuple[float, str]:
        """Run a command, which has to succeed.

        Args:
            arguments: After `pulumi`.

        Returns:
            Seconds of wall time, and what was printed.
        """
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own words
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],  # noqa: S607 - found on PATH by design
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process, HostWatch(process.pid) as watch:
            output, _ = process.communicate()
        wall = time.monotonic() - began
        self.usage = watch.usage
        if process.returncode:
            raise RuntimeError(f"pulumi {' '.join(arguments)} ended with {process.returncode}:\n{output}")
        return wall, output

    def up(self) -> float:
        """Run `pulumi up`; return its wall time in seconds."""
        return self.run("up", "--yes", "--skip-preview", "--suppress-outputs")[0]

    def preview(self) -> float:
        """Run `pulumi preview`; return its wall time in seconds."""
        return self.run("preview", "--suppress-outputs")[0]

    def bytes_per_resource(self) -> float:
        """The state's size for each resource of the program."""
        found = json.loads(self.run("stack", "export")[1])["deployment"]["resources"]
        sizes = [len(json.dumps(resource)) for resource in found if not resource["type"].startswith("pulumi:")]
        return sum(sizes) / len(sizes)
