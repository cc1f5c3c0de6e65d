"""The troubles that are worth a name: the same in Python, on the command line and in the documentation."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from pulumi_nao.simulator.replies import Answer, HangUp, Refuse, Silence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_nao.simulator.replies import Reply

_RETRY_AFTER = "Retry-After"


@dataclass(frozen=True)
class Fault:
    """A way of going wrong."""

    name: str
    summary: str
    make: Callable[[float], Reply]
    seconds: float | None = None

    @property
    def takes_effect(self) -> bool:
        """Whether the request does its work all the same: a job starts, and nobody hears of it."""
        return self.make(self.seconds or 0.0).after_effect


def always(reply: Reply) -> Callable[[float], Reply]:
    """Make the same reply every time."""
    return lambda _seconds: reply


def refusal(status: int, retry_after: str | None = None, *, after_effect: bool = False) -> Answer:
    """Make an error of NAO Cloud itself."""
    headers = {} if retry_after is None else {_RETRY_AFTER: retry_after}
    body = {"errors": [{"status": str(status), "title": HTTPStatus(status).phrase}]}
    return Answer(status, headers, body, after_effect)


def page(status: int, *, after_effect: bool = False) -> Answer:
    """Make a proxy's HTML page."""
    body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1><hr>nginx</body></html>"
    return Answer(status, body=body, after_effect=after_effect)


def _status(status: int, more: str = "") -> Fault:
    return Fault(f"{status}", f"{status} {HTTPStatus(status).phrase}{more}.", always(refusal(status)))


def _busy(status: int) -> Fault:
    return Fault(
        f"{status}-seconds",
        f"{status} with `Retry-After` in seconds.",
        lambda seconds: refusal(status, f"{seconds:.0f}"),
        7.0,
    )


FAULTS = {
    fault.name: fault
    for fault in (
        Fault("reset-before", "A TCP reset.", always(HangUp(reset=True))),
        Fault("reset-after", "A TCP reset.", always(HangUp(after_effect=True, reset=True))),
        Fault("hang-up-before", "The connection is closed without an answer.", always(HangUp())),
        Fault("hang-up-after", "The connection is closed without an answer.", always(HangUp(after_effect=True))),
        Fault("silence", "Silence before the answer.", Silence, 3600.0),
        Fault(
            "refuse",
            "The answer is the normal one; then the server is away, and connections are refused.",
            Refuse,
            5.0,
        ),
        Fault("html-502", "A proxy's page with 502.", always(page(502))),
        Fault("html-504", "A proxy's page with 504.", always(page(504, after_effect=True))),
        _status(400),
        _status(401, ", as after a JWT has expired"),
        *map(_status, (403, 404, 408, 410, 422)),
        _status(429, " without `Retry-After`"),
        _busy(429),
        _status(500),
        Fault("500-after", "500 Internal Server Error.", always(refusal(500, after_effect=True))),
        _status(503, " without `Retry-After`"),
        _busy(503),
    )
}


def fault(name: str, faults: Mapping[str, Fault] = FAULTS) -> Reply:
    """Make a fault's reply."""
    known, _, number = name.partition(":")
    found = faults.get(known)
    if found is None:
        close = difflib.get_close_matches(known, faults, n=3)
        meant = f"did you mean {' or '.join(close)}?" if close else "`simulate --list-faults` names them all"
        raise ValueError(f"there is no fault {known!r}; {meant}")
    if not number:
        return found.make(found.seconds or 0.0)
    if found.seconds is None:
        raise ValueError(f"the fault {known} takes no seconds; write {known} alone")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", number, re.ASCII) or not math.isfinite(float(number)):
        raise ValueError(f"{number!r} is no number of seconds; write for instance {known}:{found.seconds:g}")
    return found.make(float(number))


def list_faults() -> str:
    """Write all faults for people, a line each."""
    widest = max(map(len, FAULTS))
    return "\n".join(
        f"{each.name:{widest}}  {each.summary} {'Takes effect.' if each.takes_effect else 'Nothing happens.'}"
        + ("" if each.seconds is None else f" With seconds: {each.name}:{each.seconds:g}.")
        for each in FAULTS.values()
    )
