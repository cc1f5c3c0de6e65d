"""A made-up machine for `find.py`: its PATH holds nothing but stand-ins written for one test."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).resolve().parents[2] / "tools" / "engine"
LANGUAGE_HOST = ENGINE / "language_host"

# In place of Go: "compiles" three packages into a script that tells the version it was given.
_GO = """
import os, pathlib, sys, time
arguments, packages = sys.argv[1:], ["made.up/first", "made.up/second", "made.up/third"]
with open({log!r}, "a") as log:
    print(" ".join(arguments[:2]), file=log)
if "-deps" in arguments:
    print("go: downloading made.up v1.0.0", file=sys.stderr)
    print(*packages, sep="\\n")
elif arguments[0] == "list":
    print({sdk!r})
else:
    {then}
    print(*packages, sep="\\n", file=sys.stderr, flush=True)
    version = next(a for a in arguments if "version.Version=" in a).split("version.Version=")[1]
    output = pathlib.Path(arguments[arguments.index("-o") + 1])
    output.parent.mkdir(parents=True)
    output.write_text("#!/bin/sh\\necho " + version + "\\n")
    output.chmod(0o755)
"""

# In place of the SDK's installer: what find.py calls in a process of its own.
_AUTOMATION = """
import pathlib
class PulumiCommand:
    @classmethod
    def install(cls, root, version):
        {then}
        for name in ("pulumi", "pulumi-language-python"):
            file = pathlib.Path(root, "bin", name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("")
            file.chmod(0o755)
"""

UNREACHABLE = 'raise OSError("the network is unreachable")'


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


class Machine:
    def __init__(self, folder):
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.cache = folder / "cache"
        self.builds = folder / "go.log"
        self.path = [self.bin]
        self.installer(UNREACHABLE)

    def put(self, name, code, folder=None):
        file = (folder or self.bin) / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
        file.chmod(0o755)
        return file

    def pulumi(self, version, folder=None, *, language_host=True):
        pulumi = self.put("pulumi", f"#!/bin/sh\necho {version}\n", folder)
        if language_host:
            self.put("pulumi-language-python", "", folder)
        return pulumi

    def installer(self, then="pass"):
        package = self.folder / "python" / "pulumi"
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").touch()
        (package / "automation.py").write_text(_AUTOMATION.format(then=then))

    def go(self, then="pass"):
        sdk = self.folder / "sdk"
        for name in ("dist/pulumi-resource-pulumi-python", "cmd/pulumi-language-python-exec"):
            file = sdk / "python" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("")
        code = _GO.format(log=str(self.builds), sdk=str(sdk), then=then)
        self.put("go", f"#!{sys.executable}\n{code}")

    def times_built(self):
        return self.builds.read_text().count("build -v") if self.builds.exists() else 0

    @property
    def environment(self):
        return {
            "PATH": os.pathsep.join(str(folder) for folder in self.path),
            "HOME": str(self.folder),
            "PULUMI_NAO_CACHE": str(self.cache),
            "PYTHONPATH": str(self.folder / "python"),
        }

    def command(self, script="find.py"):
        return [sys.executable, str(ENGINE / script)]

    def find(self, script="find.py"):
        done = subprocess.run(
            self.command(script), env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        return Answer(done.returncode, done.stdout.strip(), done.stderr)

    @contextlib.contextmanager
    def finding(self):
        """`find.py` while it runs; killed at the end if the test left it."""
        with (
            interruptible(),
            subprocess.Popen(
                self.command(), env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    def unfinished(self):
        return [file.name for file in self.cache.glob("unfinished-*")]


@contextlib.contextmanager
def interruptible():
    """Children started here take interrupts; a shell's background jobs, these tests included, have them ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def wait_until(true, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def runs(pid):
    """Whether a process is there and no zombie; without /proc nobody can tell, and the answer is no."""
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z"
    return False
