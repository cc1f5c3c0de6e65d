"""The command in a process of its own, against a simulator over real sockets."""

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from tests.conftest import KEYS

KEY = KEYS[1]
PROGRAM = (sys.executable, "-m", "pulumi_nao")


@dataclass(frozen=True)
class Ended:
    """How a run ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def records(self):
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class CommandLine:
    """Runs `pulumi-nao` with an environment of its own."""

    environment: dict

    def with_environment(self, **variables):
        return CommandLine({**self.environment, **variables})

    def __call__(self, *words, **settings):
        run = subprocess.run(
            [*PROGRAM, *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=self.environment,
            check=False,
            timeout=120,
            **settings,
        )
        return Ended(run.returncode, run.stdout, run.stderr)

    @contextmanager
    def started(self, *words, **settings):
        """Run it in the background."""
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(
            [*PROGRAM, *words], text=True, encoding="utf-8", env=self.environment, **{**pipes, **settings}
        ) as process:
            try:
                yield process
            finally:
                process.kill()


def until(condition):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("it did not happen within a minute")


@pytest.fixture
def outside():
    """The command where nothing is configured."""
    foreign = ("NAO_", "PULUMI_")
    return CommandLine({name: value for name, value in os.environ.items() if not name.startswith(foreign)})


@pytest.fixture
def command(outside, nao):
    """The command with the simulator's server and a good key."""
    return outside.with_environment(NAO_BASE_URL=nao.url, NAO_API_KEY=KEY)
