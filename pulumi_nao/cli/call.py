"""`pulumi-nao call`: makes any other long call, and awaits its job."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from pulumi_nao.cli import arguments
from pulumi_nao.cli.endings import namespace_option
from pulumi_nao.cli.running import Task, run_tasks
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.models import METHODS, Action

if TYPE_CHECKING:
    import argparse

DESCRIPTION = (
    "Make a call to NAO Cloud, await its background job if it starts one, and tell how it ended. Key and server are "
    "read from NAO_API_KEY and NAO_BASE_URL. Exit codes: 0 done, 2 usage, 3 not sent, 4 rejected, 5 job failed, "
    "6 job record gone, 7 job runs on, 8 may have started."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("method", metavar="METHOD", type=arguments.method, help=" or ".join(METHODS))
    parser.add_argument(
        "path", metavar="PATH", type=arguments.path, help="address below /api/v2/: sites/910/nao_trackables/batch"
    )
    parser.add_argument(
        "--body", type=arguments.body, metavar="@FILE", help="file of JSON to send; @- for standard input"
    )
    arguments.add_account(parser, default=DEFAULT_NAMESPACE, help="account (default: %(default)s)")
    arguments.add_timeout(parser, "how long it may take")
    arguments.add_json(parser)


def run(options: argparse.Namespace) -> int:
    """Make the call. Must be called in the main thread."""
    method, path, namespace = options.method, options.path, options.namespace
    source, body = options.body or ("", None)
    option = f" --body {quote(source)}" if source else ""
    command = f"pulumi-nao call {method} {path}{option}{namespace_option(namespace)}"
    action = Action(f"{method} {path}", path, method, body)
    named = {"method": method, "path": path, "namespace": namespace}
    return run_tasks(options, [Task(action, namespace, is_harmless=False, command=command, named=named)])
