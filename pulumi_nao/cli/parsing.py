"""Reading the words of a command line, each as what it stands for."""

from __future__ import annotations

import argparse
import re
from typing import Any

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.models import JOB_NUMBER, site_number
from pulumi_nao.text import parse_timeout


def site(text: str) -> tuple[str | None, int]:
    """Read a site: `910`, or `nao-eu:910` with the account's namespace.

    Args:
        text: As written.

    Returns:
        The namespace, if one is named, and the site's number.
    """
    namespace, colon, number = text.rpartition(":")
    try:
        site_id = site_number(number)
    except ValueError:
        wanted = "write a site's number, a whole number above 0, such as 910 or nao-eu:910"
        raise argparse.ArgumentTypeError(wanted) from None
    return (_namespace(namespace) if colon else None), site_id


def namespace(text: str) -> str:
    """Read a configuration namespace.

    Args:
        text: As written.
    """
    return _namespace(text)


def job(text: str) -> tuple[str, str | None]:
    """Read a background job: its number, or its address as logs show it.

    Args:
        text: As written.

    Returns:
        The number, and the server's URL if an address was given.
    """
    found = re.fullmatch(rf"(?:(https?://\S+)/api/v2/background_jobs/)?({JOB_NUMBER})/?", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError("write a job's number, such as 48145, or its address from a log")
    return found[2], found[1]


def timeout(text: str) -> float:
    """Read a time limit.

    Args:
        text: As written: `90s`, `30m`, `1h30m`.

    Returns:
        Seconds.
    """
    try:
        return parse_timeout(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_namespace(parser: argparse.ArgumentParser, **settings: Any) -> None:  # noqa: ANN401 - as in argparse
    """Add the option that chooses the account.

    Args:
        parser: A command's.
        settings: More for `add_argument`.
    """
    parser.add_argument("--namespace", type=namespace, metavar="NAMESPACE", **settings)


def _namespace(text: str) -> str:
    problem = namespace_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(f"a namespace such as {DEFAULT_NAMESPACE!r} is wanted: {problem}")
    return text
