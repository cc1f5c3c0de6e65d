"""Every way of going wrong, by name: the simulator's own faults, and those that only these tests need.

`network` and `content` name the faults, `connection` and `answers` bring them about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.simulator import faults as simulators
from pulumi_nao.simulator import injections
from tests.faults.catalogue.content import JSON, REDIRECT
from tests.faults.catalogue.network import BUSY, CONNECTION, STATUS

if TYPE_CHECKING:
    from pulumi_nao.simulator import Injection, Reply

FAULTS = {
    **simulators.FAULTS,
    **{each.name: each for each in (*CONNECTION, *STATUS, *BUSY, *REDIRECT, *JSON)},
}


def fault(name: str) -> Reply:
    """The reply of a fault, for `Simulator.script` and `Simulator.flaky`."""
    return simulators.fault(name, FAULTS)


def injection(text: str) -> Injection:
    """An injection of a fault, for `Simulator.inject`: `publish:1=truncate-body`."""
    return injections.parse_injection(text, FAULTS)
