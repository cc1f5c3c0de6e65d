"""A Pulumi project in a temporary folder, and its one stack."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

KEY = "k-0123456789-engine-tier"

ONE_SITE = """
import pulumi
from pulumi_nao import TrackingConfigPublication
config = pulumi.Config()
publication = TrackingConfigPublication(
    "site",
    site_id=config.get("site") or 910,
    triggers={"zones": config.get("zones") or "a"},
)
pulumi.export("job", publication.job_url)
"""


@dataclass(frozen=True)
class Run:
    """How a command ended."""

    code: int
    output: str

    @property
    def green(self):
        return self.code == 0

    def diagnostics(self, name):
        """What the summary at the end shows under a publication's own heading."""
        summary = self.output.partition("\nDiagnostics:\n")[2]
        section = summary.partition(f":TrackingConfigPublication ({name}):\n")[2].partition("\n\n")[0]
        return [line.strip() for line in section.splitlines()]


def environment(folder: Path, engine_path: str, nao) -> dict[str, str]:
    """What a command of Pulumi needs: the engine, a state in the folder, and the simulator, but no key."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NAO_", "PULUMI_"))},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), engine_path, os.environ["PATH"]]),
        "NAO_BASE_URL": nao.url,
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "engine-tier",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


class Stack:
    """Runs commands of Pulumi on a state of its own."""

    def __init__(self, folder: Path, engine_path: str, nao):
        self.nao = nao
        self.folder = folder / "project"
        self.folder.mkdir()
        (folder / "state").mkdir()
        (self.folder / "Pulumi.yaml").write_text("name: engine-tier\nruntime: python\n")
        self.environment = {**environment(folder, engine_path, nao), "NAO_API_KEY": KEY}
        self.program(ONE_SITE)
        assert self.pulumi("stack", "init", "test").green

    def program(self, text: str) -> None:
        (self.folder / "__main__.py").write_text(text)

    def set(self, key: str, value: str, *options: str) -> None:
        assert self.pulumi("config", "set", key, value, *options).green

    def pulumi(self, *arguments: str) -> Run:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=90)
        return Run(process.returncode, output)

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, *options: str) -> Run:
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def state(self) -> dict:
        return json.loads(self.pulumi("stack", "export").output)["deployment"]

    def publication(self) -> dict | None:
        """The publication as it is recorded."""
        found = [r for r in self.state().get("resources", []) if r["type"].endswith(":TrackingConfigPublication")]
        return found[0] if found else None

    def end_when(self, process: subprocess.Popen, condition, signals=(signal.SIGINT,)) -> str:
        """Send signals to a command as soon as a condition holds; return all that it printed."""
        _until(condition)
        for number in signals:
            process.send_signal(number)
        output, _ = process.communicate(timeout=60)
        return output

    def plugin_hosts(self, process: subprocess.Popen) -> list[psutil.Process]:
        """The processes of the dynamic provider below a command."""
        below = psutil.Process(process.pid).children(recursive=True)
        return [child for child in below if "pulumi.dynamic" in _words_of(child)]


def _words_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # also one that has ended and was not yet taken note of
        return []


def _until(condition, seconds=60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
