"""`pulumi-nao doctor`: finds out whether publishing can work here, and says what to do if not."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from importlib import metadata
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from pulumi_nao._version import __version__
from pulumi_nao.cli import arguments
from pulumi_nao.cli.diagnosis import Finding, Mark
from pulumi_nao.cli.examination import examine_account
from pulumi_nao.cli.streams import standard_output
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.errors import NaoError
from pulumi_nao.text import printable

if TYPE_CHECKING:
    import argparse

DESCRIPTION = (
    "Find out whether publishing can work here: versions, the plugin host, settings, and one harmless question to "
    "the server. Nothing is published, and no key is shown. Exit codes: 0 all well, 2 usage, 10 settings, 11 server "
    "not reached, 12 key refused, 13 the server's answer does not tell."
)
_ENGINE_TIMEOUT = 20.0
_MISSING = "is missing"
_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_PROXIES_OF_GRPC = ("grpc_proxy", "https_proxy", "http_proxy")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    arguments.add_account(
        parser,
        action="append",
        dest="namespaces",
        help=f"account to examine; repeatable (default: {DEFAULT_NAMESPACE})",
    )
    arguments.add_json(parser, "write one JSON object instead of text")


def run(options: argparse.Namespace) -> int:
    namespaces = list(dict.fromkeys(options.namespaces or [DEFAULT_NAMESPACE]))
    findings = [*_versions(), _engine(), _host(), *_network()]
    accounts = {namespace: examine_account(namespace, os.environ) for namespace in namespaces}
    code = max(diagnosis.verdict for diagnosis in accounts.values())
    output = standard_output()
    if options.json:
        record = {
            "exit_code": code,
            "verdict": code.name.lower(),
            "here": [finding.record for finding in findings],
            "accounts": {namespace: diagnosis.record for namespace, diagnosis in accounts.items()},
        }
        output.line(json.dumps(record, indent=2))
        return code
    output.line("Here")
    _print(findings)
    for namespace, diagnosis in accounts.items():
        output.line(f"\nAccount {namespace}")
        _print(diagnosis.findings)
        output.line(f"\n{diagnosis.conclusion}")
    if any(finding.mark is Mark.WARNING for finding in findings):
        output.line("What is marked with ! does not keep sites from being published.")
    return code


def _print(findings: list[Finding]) -> None:
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        standard_output().line(f"  {finding.mark.value:2} {finding.subject:{width}}  {finding.text}")
        for detail in finding.details:
            standard_output().line(f"     {'':{width}}  {detail}")


def _versions() -> list[Finding]:
    here = f"pulumi-nao {__version__}, Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    found = {name: _version(name) for name in ("pulumi", "grpcio", "requests", "pydantic")}
    mark = Mark.WARNING if _MISSING in found.values() else Mark.GOOD
    libraries = ", ".join(f"{name} {version}" for name, version in found.items())
    return [Finding("versions", Mark.GOOD, here), Finding("libraries", mark, libraries)]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return _MISSING


def _engine() -> Finding:
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


def _host() -> Finding:
    """Start the plugin host as the engine does, and listen to what the provider says of it."""
    try:
        from pulumi_nao.cli.trial_host import lacks  # noqa: PLC0415 - pulumi itself may be broken

        found = lacks()
    except NaoError as trouble:
        return _no_host(str(trouble))
    except Exception as error:  # noqa: BLE001 - whatever is broken here, the doctor goes on
        return _no_host(f"{type(error).__name__}: {error}")
    if found:
        return Finding("plugin host", Mark.WARNING, "works, with less comfort", tuple(found))
    return Finding("plugin host", Mark.GOOD, "works with all that pulumi-nao adds to it")


def _no_host(reason: str) -> Finding:
    return Finding("plugin host", Mark.WARNING, f"does not run: {printable(reason)}", ("`pulumi up` needs it.",))


def _network() -> list[Finding]:
    """Name the variables that decide on proxies and certificates. Their values may hold a password."""
    proxies = [written for name in _PROXIES for written in (name.lower(), name) if os.environ.get(written)]
    proxy = f"set by {', '.join(proxies)}" if proxies else "none in the environment"
    bundle = next((name for name in _CERTIFICATES if os.environ.get(name)), None)
    certificates = f"trusted by {bundle}" if bundle else "those that requests brings along (certifi)"
    findings = [Finding("proxy", Mark.NOTE, proxy), Finding("certificates", Mark.NOTE, certificates)]
    # grpc, by which Pulumi's processes talk to each other, reads these in lower case, and no others.
    in_the_way = next((name for name in _PROXIES_OF_GRPC if os.environ.get(name)), None)
    spared = next((os.environ[name] for name in ("no_grpc_proxy", "no_proxy") if os.environ.get(name)), "")
    if in_the_way and not any(_holds_this_machine(part.strip()) for part in spared.split(",")):
        text = f"{in_the_way} keeps Pulumi's SDK from the engine, which is on this machine"
        way_out = "`pulumi up` needs it: name 127.0.0.1 in no_proxy, in lower case."
        findings.append(Finding("engine", Mark.WARNING, text, (way_out,)))
    return findings


def _holds_this_machine(addresses: str) -> bool:
    try:
        return ip_address("127.0.0.1") in ip_network(addresses, strict=False)
    except ValueError:
        return False
