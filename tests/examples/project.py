"""An example as a reader finds it: a copy of its folder, and the commands of its README."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.engine.stack import KEY, Run, environment
from tests.tools.machine import interruptible

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SERVER = "https://www.nao-cloud.com"

_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.+?)^```$", re.MULTILINE | re.DOTALL)
# The packages are those of the tests' own virtual environment, so there is nothing to install.
_NOT_RUN = {"pulumi install", "python3 -m venv .venv", ".venv/bin/pip install -r requirements.txt"}


def sections(readme: str) -> dict[str, list[str]]:
    """The commands of a README, by the heading they are under."""
    parts = _SECTION.split(readme)[1:]
    return {
        heading: "".join(_BLOCK.findall(body)).replace("\\\n", "").splitlines()
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
        if _BLOCK.search(body)
    }


class Project:
    """Runs the commands of an example's README against the simulator, the key being typed where one is asked for."""

    def __init__(self, name: str, folder: Path, engine_path: str, nao):
        self.nao = nao
        self.folder = folder / name
        shutil.copytree(EXAMPLES / name, self.folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (self.folder / ".venv").symlink_to(sys.prefix)
        for file in self.folder.glob("Pulumi.*.yaml"):
            file.write_text(file.read_text().replace(SERVER, nao.url))
        (folder / "state").mkdir()
        self.environment = {
            **environment(folder, engine_path),
            "NAO_BASE_URL": nao.url,
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # a reader has none of the plugins of these tests
        }
        self._sections = sections((self.folder / "README.md").read_text())
        self.not_yet_run = set(self._sections)

    def run(self, heading: str) -> str:
        """Run the commands of a section, each of which has to succeed; return what they print."""
        self.not_yet_run.discard(heading)
        output = ""
        for command in self._sections[heading]:
            if command not in _NOT_RUN:
                run = self.command(command)
                assert run.green, f"$ {command}\n{run.output}"
                output += run.output
        return output

    def publishes(self, heading: str) -> int:
        """Run a section; return how many publications it made."""
        before = self.nao.publications()
        self.run(heading)
        return self.nao.publications() - before

    def command(self, command: str) -> Run:
        """Run one command, whatever its end."""
        with self.start(command) as process:
            output, _ = process.communicate(KEY + "\n", timeout=200)
        return Run(process.returncode, output)

    def start(self, command: str) -> subprocess.Popen:
        """Start one command, as the head of its process group."""
        return bash(["-euo", "pipefail", "-c", command], self.folder, self.environment)


def bash(arguments: list, folder: Path, variables: dict[str, str]) -> subprocess.Popen:
    """Start a shell as the head of its process group, that takes interrupts."""
    with interruptible():
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", *arguments],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def read_until(process: subprocess.Popen, line: str) -> None:
    """Read what a command prints until a line is there."""
    for text in process.stdout:
        if line in text:
            return
    raise AssertionError(f"the command ended without {line!r}")
