"""The steps of a pipeline's job, run as the pipeline would run them."""

import os
import re
import signal
import subprocess
from pathlib import Path

import yaml

from tests.engine.stack import KEY, Run
from tests.examples.project import bash
from tests.pipelines.conftest import STACK

PIPELINES = Path(__file__).resolve().parents[2] / "pipelines"
# The packages are those of the tests' own virtual environment, so there is nothing to install.
INSTALL = "pulumi install"
# The state is in a folder, which asks for no token.
SECRETS = {"NAO_API_KEY": KEY, "PULUMI_ACCESS_TOKEN": ""}

_SECRET = re.compile(r"\$\{\{ secrets\.(\w+) \}\}")


class GitHubJob:
    """A job of a workflow: its shell lines, with the variables and secrets that the workflow gives each of them."""

    def __init__(self, file: str, name: str, project):
        self._project = project
        workflow = yaml.safe_load((PIPELINES / "github" / file).read_text())
        job = workflow["jobs"][name]
        shared = {**workflow.get("env", {}), **job.get("env", {}), "STACK": STACK}
        self._steps = [
            (step["run"], {**shared, **step.get("env", {})})
            for step in job["steps"]
            if step.get("run", INSTALL) != INSTALL
        ]

    @property
    def variables(self) -> set[str]:
        return {name for _, given in self._steps for name in given}

    def run(self) -> Run:
        """Run all steps until one fails."""
        output = ""
        for number in range(len(self._steps)):
            with self.start(number) as process:
                output += process.communicate(timeout=200)[0]
            if process.returncode:
                break
        return Run(process.returncode, output)

    def start(self, number: int = 0) -> subprocess.Popen:
        """Start one step: a file that bash reads, as a runner on Linux does it."""
        lines, given = self._steps[number]
        script = self._project.folder / f"step-{number}.sh"
        script.write_text(lines)
        environment = {
            name: _SECRET.sub(lambda match: SECRETS[match[1]], str(value)) for name, value in given.items()
        }
        return _bash(script, self._project, environment)


class GitLabJob:
    """A job of `.gitlab-ci.yml`."""

    def __init__(self, name: str, project):
        self._project = project
        pipeline = yaml.safe_load((PIPELINES / "gitlab" / ".gitlab-ci.yml").read_text())
        self.settings = {**pipeline["default"], **pipeline[name]}
        self._given = {**pipeline["variables"], **self.settings.get("variables", {}), "STACK": STACK}
        if self.settings.get("environment") == "production":
            self._given |= SECRETS
        lines = self.settings["before_script"] + self.settings["script"]
        self._lines = [line for line in lines if line != INSTALL]

    def run(self) -> Run:
        """Run the script."""
        with self.start() as process:
            output = process.communicate(timeout=200)[0]
        return Run(process.returncode, output)

    def start(self) -> subprocess.Popen:
        """Start the script."""
        script = self._project.folder / "script.sh"
        script.write_text("\n".join(self._lines))
        return _bash(script, self._project, self._given)


def _bash(script, project, environment) -> subprocess.Popen:
    # Whoever runs a pipeline confirms nothing, and types nothing.
    given = {**project.environment, "PULUMI_SKIP_CONFIRMATIONS": "false", **environment}
    process = bash(["-eo", "pipefail", script], project.folder, given)
    process.stdin.close()
    process.stdin = None
    return process


def kill(process: subprocess.Popen) -> None:
    """Lose the runner: everything that it started ends without a word."""
    os.killpg(process.pid, signal.SIGKILL)
