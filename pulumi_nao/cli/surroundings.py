"""What the doctor finds around the accounts: versions, engine, plugin host, proxies."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from importlib import metadata
from typing import TYPE_CHECKING

from pulumi_nao._version import __version__
from pulumi_nao.cli.diagnosis import Finding, Mark
from pulumi_nao.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

_ENGINE_TIMEOUT = 20.0
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def version_findings() -> list[Finding]:
    here = f"pulumi-nao {__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    libraries = ", ".join(f"{name} {_version(name)}" for name in ("pulumi", "grpcio", "requests", "pydantic"))
    return [Finding("versions", Mark.GOOD, here), Finding("libraries", Mark.GOOD, libraries)]


def engine_finding() -> Finding:
    """Ask the `pulumi` on PATH for its version."""
    program = shutil.which("pulumi")
    if program is None:
        return Finding("engine", Mark.NOTE, "there is no `pulumi` on PATH; `pulumi-nao publish` needs none")
    try:
        run = subprocess.run(  # noqa: S603 - what `pulumi up` would run
            [program, "version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ENGINE_TIMEOUT,
            check=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Finding("engine", Mark.WARNING, f"{program} does not tell its version: {type(error).__name__}")
    return Finding("engine", Mark.GOOD, f"pulumi {printable(run.stdout)}, {program}")


def host_finding() -> Finding:
    """Start the plugin host as the engine does, and listen to what the provider says of it."""
    try:
        from pulumi_nao.cli.trial_host import HostTrouble, lacks  # noqa: PLC0415 - pulumi itself may be broken

        try:
            found = lacks()
        except HostTrouble as trouble:
            return _no_host(str(trouble))
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the doctor goes on
        return _no_host(f"{type(error).__name__}: {error}")
    if found:
        return Finding("plugin host", Mark.WARNING, "works, with less comfort", tuple(found))
    return Finding("plugin host", Mark.GOOD, "works with all that pulumi-nao adds to it")


def _no_host(reason: str) -> Finding:
    return Finding("plugin host", Mark.WARNING, f"does not run: {printable(reason)}", ("`pulumi up` needs it.",))


def network_findings(environment: Mapping[str, str]) -> list[Finding]:
    """Name the variables that decide on proxies and certificates. Their values may hold a password."""
    proxies = [written for name in _PROXIES for written in (name.lower(), name) if environment.get(written)]
    certificates = [name for name in _CERTIFICATES if environment.get(name)]
    return [
        Finding("proxy", Mark.NOTE, f"set by {', '.join(proxies)}" if proxies else "none in the environment"),
        Finding(
            "certificates",
            Mark.NOTE,
            f"trusted by {certificates[0]}" if certificates else "those that requests brings along (certifi)",
        ),
    ]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "is missing"
