"""Reading the words of a command line, each as what it stands for."""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.models import JOB_NUMBER, METHODS, action_problems, site_number
from pulumi_nao.text import parse_timeout
from pulumi_nao.values import TOO_LARGE, is_too_large


def site(text: str) -> tuple[str | None, int]:
    """Read a site: `910`, or `nao-eu:910` with the account's namespace."""
    namespace, colon, number = text.rpartition(":")
    try:
        site_id = site_number(number)
    except ValueError:
        wanted = "write a site's number, a whole number above 0, such as 910 or nao-eu:910"
        raise argparse.ArgumentTypeError(wanted) from None
    return (_namespace(namespace) if colon else None), site_id


def namespace(text: str) -> str:
    """Read a configuration namespace."""
    return _namespace(text)


def job(text: str) -> tuple[str, str | None]:
    """Read a background job: its number, or its address as logs show it."""
    found = re.fullmatch(rf"(?:(https?://\S+)/api/v2/background_jobs/)?({JOB_NUMBER})/?", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError("write a job's number, such as 48145, or its address from a log")
    return found[2], found[1]


def timeout(text: str) -> float:
    """Read a time limit."""
    try:
        return parse_timeout(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


@dataclass(frozen=True)
class Body:
    """What a call sends.

    Attributes:
        source: As it was written: `@tags.json`.
        value: JSON.
    """

    source: str
    value: Any


def body(text: str) -> Body:
    """Read the JSON that a call sends: `@tags.json`, or `@-` for standard input."""
    if not text.startswith("@"):
        raise argparse.ArgumentTypeError("write @ and the name of a file, or @- for standard input")
    if text == "@-" and sys.stdin is None:
        raise argparse.ArgumentTypeError("standard input is closed")
    try:
        written = sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
        value = json.loads(written, parse_constant=_refuse_constant, object_pairs_hook=_object)
        too_large = is_too_large(value)
    except _SaidTwice:
        raise argparse.ArgumentTypeError(
            "the file has a name twice in one JSON object: only one could be sent"
        ) from None
    except OSError as error:
        raise argparse.ArgumentTypeError(f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise argparse.ArgumentTypeError("the file holds no JSON that can be sent") from None
    if not isinstance(value, (dict, list)):
        raise argparse.ArgumentTypeError("the file holds neither a JSON object nor an array")
    if too_large:
        raise argparse.ArgumentTypeError(TOO_LARGE.removeprefix("body: "))
    return Body(text, value)


class _SaidTwice(Exception):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _SaidTwice
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def method(text: str) -> str:
    """Read the method of a call."""
    if text.upper() not in METHODS:
        raise argparse.ArgumentTypeError(f"write {' or '.join(METHODS)}")
    return text.upper()


def path(text: str) -> str:
    """Read the address of a call."""
    problems = action_problems(METHODS[0], text)
    if problems:
        raise argparse.ArgumentTypeError(problems[0].removeprefix("path: "))
    return text


def add_timeout(parser: argparse.ArgumentParser, what: str, more: str = "") -> None:
    """Add the option that limits a wait."""
    words = f"{what}: 90s, 30m, 1h30m (default: NAO_TIMEOUT, else 30m){more}"
    parser.add_argument("--timeout", type=timeout, metavar="TIME", help=words)


def add_namespace(parser: argparse.ArgumentParser, **settings: Any) -> None:  # noqa: ANN401 - as in argparse
    """Add the option that chooses the account."""
    parser.add_argument("--namespace", type=namespace, metavar="NAMESPACE", **settings)


def _namespace(text: str) -> str:
    problem = namespace_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(f"a namespace such as {DEFAULT_NAMESPACE!r} is wanted: {problem}")
    return text
