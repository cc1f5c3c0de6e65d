"""The simulator from a shell: its arguments, what it prints, and how it ends."""

from __future__ import annotations

import argparse
import math
import random
import re
import shlex
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pulumi_nao.simulator.actions import Action
from pulumi_nao.simulator.checks import checked_host, checked_key, checked_seconds
from pulumi_nao.simulator.faults import list_faults
from pulumi_nao.simulator.injections import Injection, parse_injection
from pulumi_nao.simulator.simulator import Simulator
from pulumi_nao.simulator.world import Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from pulumi_nao.simulator.request import Request

DESCRIPTION = "Run a NAO Cloud simulator on this machine until Ctrl-C."
DEFAULT_KEY = "simulator-key"
DEFAULT_PORT = 8910
DEFAULT_JOB_SECONDS = 5.0
DEFAULT_SITES = (Site(910), Site(911, graph=False))
_HIGHEST_PORT = 65535
_LOOK_FOR_SIGNAL = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the simulator's arguments to a parser."""
    parser.add_argument(
        "--host",
        type=_host,
        default="127.0.0.1",
        help="loopback address to listen on (default: %(default)s)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help="port to listen on, 0 for any free one (default: %(default)s)",
    )
    parser.add_argument(
        "--key",
        type=_key,
        action="append",
        dest="keys",
        metavar="KEY",
        help=f"key that may publish every site; repeatable; printed, so never a real one (default: {DEFAULT_KEY})",
    )
    parser.add_argument(
        "--site",
        type=_site,
        action="append",
        dest="sites",
        metavar="SITE",
        help="site to simulate; repeatable: 910, or with conditions 911:no-graph, 912:no-indoor-area, "
        "913:seconds=30, 914:no-graph,seconds=2 (default: 910 and 911:no-graph)",
    )
    parser.add_argument(
        "--job-seconds",
        type=_seconds,
        metavar="SECONDS",
        default=DEFAULT_JOB_SECONDS,
        help="how long a publication or another long call takes (default: %(default)s)",
    )
    parser.add_argument(
        "--action",
        type=_action,
        action="append",
        dest="actions",
        default=[],
        metavar="CALL[=FAILURE]",
        help="serve another long call; repeatable: 'POST sites/910/import', or with the message with which its job "
        "fails: 'POST sites/910/import=Column name is missing.'",
    )
    parser.add_argument(
        "--requests-per-second",
        type=_rate,
        metavar="REQUESTS",
        help="answer requests over this limit with 429 (default: no limit)",
    )
    parser.add_argument(
        "--fault",
        type=_injection,
        action="append",
        dest="faults",
        default=[],
        metavar="ROUTE[/SITE][:WHICH]=FAULT[:SECONDS]",
        help="let requests fail; repeatable: publish:2=reset-after (the second publication), job:3-5=404 "
        "(three looks), job/911:2-=silence:5 (all looks at jobs of site 911 but the first), job=429 (every look)",
    )
    parser.add_argument("--list-faults", action=_ListFaults, help="print all faults and end")
    parser.add_argument(
        "--flaky",
        type=_share,
        metavar="SHARE",
        help="let this share of the requests fail by chance: 0.2 for one in five",
    )
    parser.add_argument(
        "--seed",
        type=_seed,
        metavar="NUMBER",
        help="with --flaky: choose the same requests and faults again (default: another one each time, printed)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Simulate NAO Cloud until Ctrl-C or SIGTERM. Must be called in the main thread.

    The first line on standard output is `NAO Cloud simulator on http://…`; the lines after it can be pasted into a
    shell; then every request is a line.
    """
    nao = Simulator(
        host=arguments.host,
        port=arguments.port,
        job_seconds=arguments.job_seconds,
        requests_per_second=arguments.requests_per_second,
        on_request=lambda request: _say(_request_line(request)),
    )
    keys: list[str] = arguments.keys or [DEFAULT_KEY]
    sites: list[Site] = arguments.sites or [*DEFAULT_SITES]
    for key in keys:
        nao.add_key(key)
    nao.inject(*arguments.faults)
    seed = random.randrange(10_000) if arguments.seed is None else arguments.seed  # noqa: S311 - no secret
    if arguments.flaky is not None:
        nao.flaky(arguments.flaky, seed=seed)
    for site in sites:
        nao.add_site(site.id, graph=site.graph, indoor_area=site.indoor_area, job_seconds=site.job_seconds)
    for action in arguments.actions:
        nao.add_action(action.method, action.path, failure=action.failure)
    with _ending_signals() as received:
        try:
            nao.start()
        except OSError as error:
            sys.stderr.write(
                f"cannot listen on {arguments.host}:{arguments.port}: {(error.strerror or str(error)).lower()}; "
                "choose another port with --port (0 for any free one)\n",
            )
            return 1
        try:
            _say(*_greeting(nao.url, keys[0], sites, arguments.actions))
            if arguments.flaky is not None:
                _say(f"# {arguments.flaky:.0%} of the requests fail; the same ones again with --seed {seed}.")
            while not received:
                time.sleep(_LOOK_FOR_SIGNAL)
        finally:
            nao.stop()
        _say(f"Stopped after {_many(nao.count(), 'request')}; {_many(len(nao.jobs), 'job')} started.")
    return 0


@contextmanager
def _ending_signals() -> Iterator[list[int]]:
    """Collect Ctrl-C and SIGTERM in a list, so that none of them ends the process half way."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greeting(url: str, key: str, sites: list[Site], actions: list[Action]) -> list[str]:
    return [
        f"NAO Cloud simulator on {url}",
        f"export NAO_BASE_URL={shlex.quote(url)}",
        f"export NAO_API_KEY={shlex.quote(key)}",
        "# The key is no secret: it opens nothing but this simulator. Never use a real one here.",
        *(f"# Site {site.id} {_prospect(site)}." for site in sites),
        *(
            f"# {action.method} {action.path} starts a job that {'fails' if action.failure else 'succeeds'}."
            for action in actions
        ),
        "# Ctrl-C ends the simulator.",
    ]


def _prospect(site: Site) -> str:
    missing = [name for name, there in (("graph", site.graph), ("indoor area", site.indoor_area)) if not there]
    if missing:
        return f"has no {' and no '.join(missing)}: its publications fail"
    return "has a graph and an indoor area: its publications succeed"


def _request_line(request: Request) -> str:
    path = "".join(character if character.isprintable() else "?" for character in request.path)
    answered = "no answer" if request.status is None else str(request.status)
    words = [request.method, path, answered]
    if request.job:
        words.append(f"job {request.job.id}" if request.route != "job" else request.job.status)
    return " ".join(words)


def _say(*lines: str) -> None:
    # One write, so that lines of requests that end at the same time do not mix.
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _many(count: int, name: str) -> str:
    return f"{count} {name}" if count == 1 else f"{count} {name}s"


def _host(text: str) -> str:
    try:
        return checked_host(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no port: give a number from 0 (any free one) to {_HIGHEST_PORT}"
        )
    return int(text)


def _key(text: str) -> str:
    try:
        return checked_key(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _seconds(text: str) -> float:
    try:
        return checked_seconds(float(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: give seconds, 0 or more, such as 2.5") from None


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no limit: give requests per second above 0, such as 10")
    return rate


def _action(text: str) -> Action:
    call, _, failure = text.partition("=")
    method, _, path = call.partition(" ")
    try:
        return Action(method, path, failure=failure or None)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


class _ListFaults(argparse.Action):
    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:  # noqa: ANN401 - argparse's
        super().__init__(option_strings, dest, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> None:
        _say(list_faults())
        parser.exit()


def _injection(text: str) -> Injection:
    try:
        return parse_injection(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share: give a number from 0 to 1, such as 0.2")
    return share


def _seed(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no seed: give a whole number, such as 7")
    return int(text)


def _site(text: str) -> Site:
    number, _, conditions = text.partition(":")
    if not re.fullmatch("0*[1-9][0-9]{0,18}", number):
        raise argparse.ArgumentTypeError(f"{text!r} is no site: begin with a number above 0, such as 910")
    site = Site(int(number))
    for condition in filter(None, conditions.split(",")):
        name, _, value = condition.partition("=")
        if condition == "no-graph":
            site = replace(site, graph=False)
        elif condition == "no-indoor-area":
            site = replace(site, indoor_area=False)
        elif name == "seconds":
            site = replace(site, job_seconds=_seconds(value))
        else:
            raise argparse.ArgumentTypeError(
                f"{text!r}: unknown condition {condition!r}; write no-graph, no-indoor-area or seconds=5",
            )
    return site
