"""`pulumi-nao doctor`: finds out whether publishing can work here, and says what to do if not."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pulumi_nao.cli import arguments
from pulumi_nao.cli.diagnosis import Finding, Mark
from pulumi_nao.cli.examination import examine_account
from pulumi_nao.cli.streams import standard_output
from pulumi_nao.cli.surroundings import engine_finding, host_finding, network_findings, version_findings
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    import argparse

DESCRIPTION = (
    "Find out whether publishing can work here: versions, the plugin host, settings, and one harmless question to "
    "the server. Nothing is published, and no key is shown. Exit codes: 0 all well, 2 usage, 10 settings, 11 server "
    "not reached, 12 key refused, 13 the server's answer does not tell."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    arguments.add_account(
        parser,
        action="append",
        dest="namespaces",
        help=f"account to examine; repeatable (default: {DEFAULT_NAMESPACE})",
    )
    arguments.add_json(parser, "write one JSON object instead of text")


def run(arguments: argparse.Namespace) -> int:
    namespaces = list(dict.fromkeys(arguments.namespaces or [DEFAULT_NAMESPACE]))
    findings = [*version_findings(), engine_finding(), host_finding(), *network_findings(os.environ)]
    accounts = {namespace: examine_account(namespace, os.environ) for namespace in namespaces}
    code = max(diagnosis.verdict for diagnosis in accounts.values())
    output = standard_output()
    if arguments.json:
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
