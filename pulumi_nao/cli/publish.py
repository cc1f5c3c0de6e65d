"""`pulumi-nao publish`: publishes sites, several at once, and awaits their jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.attempt import Wanted
from pulumi_nao.cli import arguments
from pulumi_nao.cli.parser import refuse_key_options
from pulumi_nao.cli.running import Task, run_tasks
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.errors import ConfigurationError
from pulumi_nao.models import publication

if TYPE_CHECKING:
    import argparse

    from pulumi_nao.cli.accounts import Desk

DESCRIPTION = (
    "Publish sites' tracking configurations, await the jobs and tell how they ended. Key and server are read from "
    "NAO_API_KEY and NAO_BASE_URL; with --namespace nao-eu from NAO_EU_API_KEY and NAO_EU_BASE_URL. Exit codes: "
    "0 done, 2 usage, 3 not sent, 4 rejected, 5 job failed, 6 job record gone, 7 job runs on, 8 may have started; of "
    "several sites the highest."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "sites",
        nargs="+",
        type=arguments.site,
        metavar="SITE",
        help="number of a site; nao-eu:910 for another account than --namespace's",
    )
    arguments.add_namespace(
        parser, default=DEFAULT_NAMESPACE, help="account of sites that name none (default: %(default)s)"
    )
    arguments.add_timeout(parser, "how long one publication may take")
    parser.add_argument(
        "--json",
        action="store_true",
        help="write a line with a JSON object on standard output for each site that has ended; all else goes to "
        "standard error",
    )
    refuse_key_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Publish. Must be called in the main thread."""
    sites = [(namespace or arguments.namespace, site_id) for namespace, site_id in arguments.sites]
    named = [{"site_id": site_id, "namespace": namespace} for namespace, site_id in sites]
    return run_tasks(arguments, named, lambda desk: _tasks(desk, sites))


def _tasks(desk: Desk, sites: list[tuple[str, int]]) -> list[Task]:
    several = len({namespace for namespace, _ in sites}) > 1
    tasks: dict[tuple[str, int], Task] = {}
    for namespace, site_id in sites:
        account = desk.open(namespace)
        place = (account.client.base_url, site_id)
        if place in tasks:
            raise ConfigurationError(f"site {site_id} is named twice, and would be published twice")
        site = str(site_id) if namespace == DEFAULT_NAMESPACE else f"{namespace}:{site_id}"
        tasks[place] = Task(
            wanted=Wanted(publication(site_id), account.client.base_url),
            namespace=namespace,
            account=account,
            limit=desk.limit(namespace),
            command=f"pulumi-nao publish {site}",
            again="publishes again",
            named={"site_id": site_id, "namespace": namespace},
            label=f"{namespace}: " if several else "",
        )
    return list(tasks.values())
