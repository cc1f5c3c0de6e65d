"""The official installer, run through the Pulumi SDK; as a script, the subprocess that runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from child_process import follow
from engine_cache import holds, place, publish, unfinished
from found import Engine, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_INSTALL_LIMIT = 300.0
_SOCKET_LIMIT = 10.0


def cached_official(cache: Path) -> Engine | None:
    """Find the official CLI of the installed SDK's version, if an earlier run installed it."""
    sdk = _sdk_version()
    if sdk is None:
        return None
    folder = _place(cache, sdk) / "bin"
    if not holds(folder, "pulumi", "pulumi-language-python"):
        return None
    return Engine(sdk, "official", (folder,))


def install_official(cache: Path, tell: Callable[[str], None]) -> Engine:
    """Have the official installer put the CLI of the installed SDK's version into the cache.

    Args:
        cache: The cache folder, with the lock held.
        tell: Called with a line about what is going on.

    Returns:
        The engine.

    Raises:
        EngineError: If the installer cannot be reached, fails or takes too long.
    """
    sdk = _sdk_version()
    if sdk is None:
        raise EngineError(f"it is part of the `pulumi` package, which is not installed for {sys.executable}")
    tell(f"trying the official installer for Pulumi {sdk} (at most {_INSTALL_LIMIT / 60:.0f} minutes)")
    said: list[str] = []
    with unfinished(cache) as folder:
        whole = folder / "official"
        code = follow(
            [sys.executable, __file__, str(whole), sdk],
            env=os.environ,
            cwd=folder,
            on_line=said.append,
            limit=_INSTALL_LIMIT,
        )
        if code:
            raise EngineError(next((line for line in reversed(said) if line), f"exit code {code}"))
        if not holds(whole / "bin", "pulumi", "pulumi-language-python"):
            raise EngineError("it ended well, but left no pulumi and pulumi-language-python behind")
        publish(whole, _place(cache, sdk))
    return Engine(sdk, "official", (_place(cache, sdk) / "bin",))


def _sdk_version() -> str | None:
    try:
        return version("pulumi")
    except PackageNotFoundError:
        return None


def _place(cache: Path, sdk: str) -> Path:
    return place(cache, f"official-{sdk}")


def main(root: str, sdk: str) -> int:
    """Install in this process, and put the reason into one line when it fails.

    Args:
        root: The folder to install to.
        sdk: The version to install.

    Returns:
        The exit code.
    """
    # A network that swallows packets must not hold the caller up for minutes.
    socket.setdefaulttimeout(_SOCKET_LIMIT)
    try:
        from pulumi.automation import PulumiCommand  # noqa: PLC0415 - only the subprocess needs it
        from semver import VersionInfo  # noqa: PLC0415

        PulumiCommand.install(root=root, version=VersionInfo.parse(sdk))
    except Exception as error:  # noqa: BLE001 - every failure of the installer has the same answer: the next way
        lines = [str(error)]
        if isinstance(error, subprocess.CalledProcessError) and error.output:
            lines = error.output.decode(errors="replace").strip().splitlines()
        print(f"{type(error).__name__}: {lines[-1]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
