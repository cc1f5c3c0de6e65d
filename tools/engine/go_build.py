"""The CLI built from its Go module, at the version that go.mod beside this file pins."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from child_process import follow
from engine_cache import holds, place, publish, unfinished
from found import Engine, EngineError
from own_pulumi import version_of
from progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).resolve().parent
_LANGUAGE_HOST = _HERE / "language_host"
_LAUNCHER = _LANGUAGE_HOST / "pulumi-language-python"
_BUILT_FROM = (_HERE / "go.mod", _HERE / "go.sum", _LAUNCHER)

_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_COMPANIONS = ("python/dist/pulumi-resource-pulumi-python", "python/cmd/pulumi-language-python-exec")
_NAMES = ("pulumi", "pulumi-language-python", *(Path(companion).name for companion in _COMPANIONS))


def cached_build(cache: Path) -> Engine | None:
    """Find the build of exactly these files, if an earlier run made it."""
    return _engine(cache) if holds(_place(cache) / "bin", *_NAMES) else None


def build(cache: Path, tell: Callable[[str], None]) -> Engine:
    """Build the CLI and put it into the cache, with what it needs beside it.

    Args:
        cache: The cache folder, with the lock held.
        tell: Called with a line about what is going on.

    Returns:
        The engine.

    Raises:
        EngineError: If there is no Go, or it fails.
    """
    go = shutil.which("go")
    if go is None:
        raise EngineError("there is no `go` on PATH")
    tell(f"building Pulumi {_version()} from its Go module: about four minutes on two cores, once")
    with unfinished(cache) as folder:
        progress = ProgressLine(sys.stderr)
        try:
            whole = folder / "built"
            _make(_Go(go, folder, progress), whole / "bin")
        finally:
            progress.clear()
        publish(whole, _place(cache))
        tell(f"built in {progress.elapsed}, kept in {_place(cache)}")
    return _engine(cache)


def required_go() -> str:
    """Say which Go the module asks for."""
    return _stated(r"^go (\S+)$")


class _Go:
    """The `go` command, run on the module beside this file.

    Args:
        go: The executable.
        folder: For its temporary files; removed with everything in it, however this ends.
        progress: Shows how far it is.
    """

    def __init__(self, go: str, folder: Path, progress: ProgressLine) -> None:
        self._go = go
        self._folder = folder
        self._progress = progress
        # The result has to run here, whatever other Go work the environment is set up for.
        kept = {name: value for name, value in os.environ.items() if name not in {"GOOS", "GOARCH"}}
        self._env = {
            **kept,
            "CGO_ENABLED": "0",
            "GO111MODULE": "on",
            "GOWORK": "off",
            "GOTMPDIR": str(folder),
        }

    def packages(self) -> frozenset[str]:
        """List all packages the command consists of; downloads the modules they are in."""
        downloaded = 0
        problems: list[str] = []

        def on_line(line: str) -> None:
            nonlocal downloaded
            if line.startswith("go: downloading "):
                downloaded += 1
            elif line:
                problems.append(line)
            self._progress.show(f"{downloaded} Go modules downloaded")

        listing = self._folder / "packages"
        with listing.open("w") as stdout:
            code = follow(
                [self._go, "list", "-deps", "-mod=readonly", _COMMAND],
                env=self._env,
                cwd=_HERE,
                on_line=on_line,
                stdout=stdout,
            )
        if code:
            raise EngineError(_reason("go list", code, problems))
        return frozenset(listing.read_text().split())

    def build(self, output: Path, packages: frozenset[str]) -> None:
        """Compile and link the command; `packages` tells progress from problems in what Go writes."""
        done = 0
        problems: list[str] = []

        def on_line(line: str) -> None:
            nonlocal done
            if line in packages:
                done += 1
            elif line:
                problems.append(line)
            self._progress.show(f"{done} of up to {len(packages)} packages built")

        flags = f"-s -w -X {_SDK}/go/common/version.Version={_version()}"
        code = follow(
            [self._go, "build", "-v", "-trimpath", "-mod=readonly", "-ldflags", flags, "-o", output, _COMMAND],
            env=self._env,
            cwd=_HERE,
            on_line=on_line,
        )
        if code:
            raise EngineError(_reason("go build", code, problems))

    def module_folder(self, module: str) -> Path:
        """Say where Go keeps a module's files."""
        answer = subprocess.run(
            [self._go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module],
            env=self._env,
            cwd=_HERE,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise EngineError(_reason("go list -m", answer.returncode, answer.stderr.splitlines()))
        return Path(answer.stdout.strip())


def _make(go: _Go, folder: Path) -> None:
    pulumi = folder / "pulumi"
    go.build(pulumi, go.packages())
    told = version_of(pulumi)
    if f"v{told}" != _version():
        raise EngineError(f"the result calls itself {told}, not {_version()}")
    sdk = go.module_folder(_SDK)
    for source in (*(sdk / companion for companion in _COMPANIONS), _LAUNCHER):
        copy = folder / source.name
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise EngineError(f"cannot copy {source} to {copy}: {error.strerror}") from error
        copy.chmod(0o755)


def _reason(command: str, code: int, problems: list[str]) -> str:
    shown = 3
    text = "; ".join(problems[:shown]) or f"exit code {code}, and it said nothing"
    more = f" (and {len(problems) - shown} more lines)" if len(problems) > shown else ""
    return f"`{command}` failed: {text}{more}"


def _engine(cache: Path) -> Engine:
    # The launcher beside the engine finds the language host itself through PATH.
    return Engine(_version().removeprefix("v"), "built", (_place(cache) / "bin", _LANGUAGE_HOST))


def _place(cache: Path) -> Path:
    digest = hashlib.sha256()
    for file in _BUILT_FROM:
        digest.update(file.read_bytes())
    return place(cache, f"built-{_version()}-{digest.hexdigest()[:8]}")


def _version() -> str:
    return _stated(r"^require github\.com/pulumi/pulumi/pkg/v3 (v\S+)")


def _stated(pattern: str) -> str:
    text = (_HERE / "go.mod").read_text()
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise EngineError(f"{_HERE / 'go.mod'} has no line like {pattern}; restore it from version control")
    return match[1]
