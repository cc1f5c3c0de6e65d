"""Reading the words of a command line, each as what it stands for."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any, NoReturn

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.models import JOB_NUMBER, METHODS, path_problem, site_number
from pulumi_nao.text import parse_timeout
from pulumi_nao.values import TOO_LARGE, is_too_large
from pulumi_nao.waiting.clock import Limit

_KEY_OPTIONS = ("--key", "--api-key", "--apikey", "--token")


def site(text: str) -> tuple[str | None, int]:
    """Read a site: `910`, or `nao-eu:910` with the account's namespace."""
    account, colon, number = text.rpartition(":")
    try:
        site_id = site_number(number)
    except ValueError:
        wanted = "write a site's number, a whole number above 0, such as 910 or nao-eu:910"
        raise argparse.ArgumentTypeError(wanted) from None
    return (namespace(account) if colon else None), site_id


def namespace(text: str) -> str:
    problem = namespace_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(f"a namespace such as {DEFAULT_NAMESPACE!r} is wanted: {problem}")
    return text


def job(text: str) -> tuple[str, str | None]:
    """Read a background job: its number, or its address as logs show it."""
    found = re.fullmatch(rf"(?:(https?://\S+)/api/v2/background_jobs/)?({JOB_NUMBER})/?", text, re.ASCII)
    if not found:
        raise argparse.ArgumentTypeError("write a job's number, such as 48145, or its address from a log")
    return found[2], found[1]


def timeout(text: str) -> Limit:
    try:
        return Limit(parse_timeout(text), "--timeout")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def body(text: str) -> tuple[str, Any]:
    """Read the JSON that a call sends: `@tags.json`, or `@-` for standard input. The text itself comes first."""
    if not text.startswith("@"):
        raise argparse.ArgumentTypeError("write @ and the name of a file, or @- for standard input")
    if text == "@-" and sys.stdin is None:
        raise argparse.ArgumentTypeError("standard input is closed")
    try:
        written = sys.stdin.buffer.read() if text == "@-" else Path(text[1:]).read_bytes()
        value = json.loads(written, parse_constant=_refuse_constant, object_pairs_hook=_object)
        too_large = is_too_large(value)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"the file cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise argparse.ArgumentTypeError("the file holds no JSON that can be sent") from None
    if not isinstance(value, (dict, list)):
        raise argparse.ArgumentTypeError("the file holds neither a JSON object nor an array")
    if too_large:
        raise argparse.ArgumentTypeError(TOO_LARGE)
    return text, value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise argparse.ArgumentTypeError("the file has a name twice in one JSON object: only one could be sent")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def method(text: str) -> str:
    if text.upper() not in METHODS:
        raise argparse.ArgumentTypeError(f"write {' or '.join(METHODS)}")
    return text.upper()


def path(text: str) -> str:
    problem = path_problem(text)
    if problem:
        raise argparse.ArgumentTypeError(problem)
    return text


def add_account(parser: argparse.ArgumentParser, **settings: Any) -> None:  # noqa: ANN401 - as in argparse
    """Add the option that chooses the account; who looks for one that takes its key learns why there is none."""
    parser.add_argument("--namespace", type=namespace, metavar="NAMESPACE", **settings)
    parser.add_argument(*_KEY_OPTIONS, action=_RefuseKey, nargs="?", help=argparse.SUPPRESS)


class _RefuseKey(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> NoReturn:
        parser.error(
            "there is no option for the key, since other users of a machine can see command lines; set NAO_API_KEY "
            "in the environment (and rotate the key if it was a real one)"
        )


def add_timeout(parser: argparse.ArgumentParser, what: str, more: str = "") -> None:
    words = f"{what}: 90s, 30m, 1h30m (default: NAO_TIMEOUT, else 30m){more}"
    parser.add_argument("--timeout", type=timeout, metavar="TIME", help=words)


def add_json(
    parser: argparse.ArgumentParser,
    words: str = "write a JSON object on standard output, and the rest on standard error",
) -> None:
    parser.add_argument("--json", action="store_true", help=words)
