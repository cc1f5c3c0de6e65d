"""All faults by name."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING

from pulumi_nao.simulator.faults.content import JSON, REDIRECT
from pulumi_nao.simulator.faults.network import BUSY, CONNECTION, STATUS

if TYPE_CHECKING:
    from pulumi_nao.simulator.scripts import Reply

FAULTS = {each.name: each for each in (*CONNECTION, *STATUS, *BUSY, *REDIRECT, *JSON)}


def fault(name: str) -> Reply:
    """Make a fault's reply, for `Simulator.script`.

    Args:
        name: Its name, for instance `reset-after`; with seconds where it takes any: `stall-in-body:5`.

    Raises:
        ValueError: There is no such fault, or it takes no seconds, or they make no sense.
    """
    known, _, number = name.partition(":")
    found = FAULTS.get(known)
    if found is None:
        close = difflib.get_close_matches(known, FAULTS, n=3)
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
