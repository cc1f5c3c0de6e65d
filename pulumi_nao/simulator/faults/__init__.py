"""Every way of going wrong that the simulator knows, by name.

A name is the same in Python, on the command line, in the tests and in the documentation::

    nao.script("publish", fault("reset-after"))
    nao.inject("publish:2=reset-after", "job:3-=stall-in-body:5")
    nao.flaky(0.2, seed=7)

`network` and `content` name the faults, `connection` and `answers` bring them about; `plan` says which requests they
hit.
"""

from pulumi_nao.simulator.faults.catalogue import FAULTS, fault, list_faults
from pulumi_nao.simulator.faults.kinds import Fault
from pulumi_nao.simulator.faults.plan import Flaky, Injection, parse_injection

__all__ = ["FAULTS", "Fault", "Flaky", "Injection", "fault", "list_faults", "parse_injection"]
