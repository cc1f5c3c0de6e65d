"""`pulumi-nao publish`: publishes sites, several at once, and awaits their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.cli import arguments
from pulumi_nao.cli.running import Task, run_tasks
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.models import publication

if TYPE_CHECKING:
    import argparse

DESCRIPTION = (
    "Publish sites' tracking configurations, await the jobs and tell how they ended. Key and server are read from "
    "NAO_API_KEY and NAO_BASE_URL; with --namespace nao-eu from NAO_EU_API_KEY and NAO_EU_BASE_URL. Exit codes: "
    "0 done, 2 usage, 3 not sent, 4 rejected, 5 job failed, 6 job record gone, 7 job runs on, 8 may have started; of "
    "several sites the highest."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sites",
        nargs="+",
        type=arguments.site,
        metavar="SITE",
        help="number of a site; nao-eu:910 for another account than --namespace's",
    )
    arguments.add_account(
        parser, default=DEFAULT_NAMESPACE, help="account of sites that name none (default: %(default)s)"
    )
    arguments.add_timeout(parser, "how long one publication may take")
    arguments.add_json(
        parser,
        "write a line with a JSON object on standard output for each site that has ended; all else goes to "
        "standard error",
    )


def run(options: argparse.Namespace) -> int:
    """Publish. Must be called in the main thread."""
    sites = [(namespace or options.namespace, site_id) for namespace, site_id in options.sites]
    several = len({namespace for namespace, _ in sites}) > 1
    return run_tasks(options, [_task(*site, several=several) for site in sites])


def _task(namespace: str, site_id: int, *, several: bool) -> Task:
    site = str(site_id) if namespace == DEFAULT_NAMESPACE else f"{namespace}:{site_id}"
    return Task(
        publication(site_id),
        namespace,
        is_harmless=True,
        command=f"pulumi-nao publish {site}",
        named={"site_id": site_id, "namespace": namespace},
        label=f"{namespace}: " if several else "",
    )
