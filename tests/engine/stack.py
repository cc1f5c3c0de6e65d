"""A Pulumi project in a temporary folder, and its one stack."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import yaml

from pulumi_nao import NaoClient
from tests.conftest import foreign

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
        """What the summary at the end shows under the heading of one of our resources."""
        summary = self.output.partition("\nDiagnostics:\n")[2]
        section = summary.partition(f" ({name}):\n")[2].partition("\n\n")[0]
        return [line.strip() for line in section.splitlines()]


def environment(folder: Path, engine_path: str) -> dict[str, str]:
    """What a command of Pulumi needs: the engine and a state in the folder, but no server and no key.

    The processes are not measured for coverage, which would take as long again: see `Stack.measure`.
    """
    kept = {name: value for name, value in os.environ.items() if not foreign(name)}
    return {
        **{name: value for name, value in kept.items() if not name.startswith(("PULUMI_", "COVERAGE_"))},
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), engine_path, os.environ["PATH"]]),
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "engine-tier",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }


def new_project(folder: Path, engine_path: str) -> None:
    """Make a project with an empty stack `test`, to be copied: its files name no place."""
    (folder / "project").mkdir()
    (folder / "state").mkdir()
    (folder / "project" / "Pulumi.yaml").write_text("name: engine-tier\nruntime: python\n")
    subprocess.run(
        ["pulumi", "stack", "init", "test", "--non-interactive"],
        cwd=folder / "project",
        env=environment(folder, engine_path),
        check=True,
        capture_output=True,
    )


class Stack:
    """Runs commands of Pulumi on a state of its own.

    Configuration and state are written and read as the files they are, which takes a tenth of the command's time.
    """

    def __init__(self, folder: Path, engine_path: str, nao, project: Path):
        shutil.copytree(project, folder, dirs_exist_ok=True)
        self.nao = nao
        self.folder = folder / "project"
        self.environment = {
            **environment(folder, engine_path),
            "PULUMI_STACK": "test",
            "NAO_BASE_URL": nao.url,
            "NAO_API_KEY": KEY,
        }
        self._state = folder / "state" / ".pulumi" / "stacks" / "engine-tier" / "test.json"
        self.program(ONE_SITE)

    def measure(self) -> None:
        """Measure the stack's processes for coverage: what runs in no tier beneath."""
        self.environment |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}

    def program(self, text: str) -> None:
        (self.folder / "__main__.py").write_text(text)

    def set(self, key: str, value: str, *options: str) -> None:
        if options:  # a secret one is a matter for Pulumi
            assert self.pulumi("config", "set", key, value, *options).green
            return
        file = self.folder / "Pulumi.test.yaml"
        settings = yaml.safe_load(file.read_text())
        settings.setdefault("config", {})[key if ":" in key else f"engine-tier:{key}"] = value
        file.write_text(yaml.safe_dump(settings))

    def pulumi(self, *arguments: str) -> Run:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=200)
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
        """The state as it is stored, with secrets encrypted."""
        return json.loads(self._state.read_text())["checkpoint"]["latest"]

    def follow(self, other: "Stack") -> None:
        """Go on from where another stack is, with this one's server, which has had the same requests."""
        self._state.write_text(other._state.read_text().replace(other.nao.url, self.nao.url))
        with NaoClient(KEY, self.nao.url) as client:
            for job in other.nao.jobs:
                client.publish(job.site_id)

    def publication(self) -> dict | None:
        """The publication as it is recorded."""
        found = [r for r in self.state().get("resources", []) if r["type"].endswith(":TrackingConfigPublication")]
        return found[0] if found else None

    def recorded(self) -> dict[str, dict]:
        """The outputs of our resources as they are recorded, by name."""
        found = [r for r in self.state().get("resources", []) if "dynamic/nao:" in r["type"]]
        return {r["urn"].split("::")[-1]: r.get("outputs", {}) for r in found if not r.get("delete")}

    def end_when(self, process: subprocess.Popen, condition, signals=(signal.SIGINT,)) -> str:
        """Send signals to a command as soon as a condition holds; return all that it printed."""
        _until(condition)
        for number in signals:
            process.send_signal(number)
        output, _ = process.communicate(timeout=120)
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


def _until(condition, seconds=120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)
