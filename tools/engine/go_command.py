"""The `go` command: builds a command from a module, seen while it runs and ended with whoever waits for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from child_process import follow
from found import EngineError

if TYPE_CHECKING:
    from progress_line import ProgressLine


class GoCommand:
    """The `go` command, run on one module.

    Args:
        module: The folder with go.mod and go.sum.
        folder: For its temporary files; whoever made it removes it, however this ends.
        progress: Shows how far it is.

    Raises:
        EngineError: If there is no `go` on PATH.
    """

    def __init__(self, module: Path, folder: Path, progress: ProgressLine) -> None:
        go = shutil.which("go")
        if go is None:
            raise EngineError("there is no `go` on PATH")
        self._go = go
        self._module = module
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

    def build(self, command: str, output: Path, flags: str = "") -> None:
        """Compile and link a command.

        Args:
            command: Its package, in the module or in one that it requires.
            output: Where the executable goes.
            flags: More flags for the linker.

        Raises:
            EngineError: If Go fails.
        """
        self._build(command, output, self._packages(command), f"-s -w {flags}".strip())

    def _packages(self, command: str) -> frozenset[str]:
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
                [self._go, "list", "-deps", "-mod=readonly", command],
                env=self._env,
                cwd=self._module,
                on_line=on_line,
                stdout=stdout,
            )
        if code:
            raise EngineError(_reason("go list", code, problems))
        return frozenset(listing.read_text().split())

    def _build(self, command: str, output: Path, packages: frozenset[str], flags: str) -> None:
        """Compile and link; `packages` tells progress from problems in what Go writes."""
        done = 0
        problems: list[str] = []

        def on_line(line: str) -> None:
            nonlocal done
            if line in packages:
                done += 1
            elif line:
                problems.append(line)
            self._progress.show(f"{done} of up to {len(packages)} packages built")

        code = follow(
            [self._go, "build", "-v", "-trimpath", "-mod=readonly", "-ldflags", flags, "-o", output, command],
            env=self._env,
            cwd=self._module,
            on_line=on_line,
        )
        if code:
            raise EngineError(_reason("go build", code, problems))

    def module_folder(self, module: str) -> Path:
        """Say where Go keeps a module's files."""
        answer = subprocess.run(
            [self._go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module],
            env=self._env,
            cwd=self._module,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode:
            raise EngineError(_reason("go list -m", answer.returncode, answer.stderr.splitlines()))
        return Path(answer.stdout.strip())


def _reason(command: str, code: int, problems: list[str]) -> str:
    shown = 3
    text = "; ".join(problems[:shown]) or f"exit code {code}, and it said nothing"
    more = f" (and {len(problems) - shown} more lines)" if len(problems) > shown else ""
    return f"`{command}` failed: {text}{more}"
