"""Links that are bad but lose nothing, and links that lose half of everything."""

import pytest

from pulumi_nao.errors import MayHaveStarted
from tests.faults.catalogue import injection
from tests.network.run import Stack


@pytest.mark.parametrize("fault", ["silence:0.2", "stall-in-headers:0.2", "stall-in-body:0.2", "drip:0.001"])
def test_a_bad_link_that_loses_nothing_publishes_once(nao, fault):
    nao.inject(injection(f"publish={fault}"), injection(f"job={fault}"))
    stack = Stack(nao.url)
    first = stack.up()
    again = stack.up()
    assert (first.end, first.saved, again.end, nao.publications(910)) == (None, "success", None, 1)
    assert not any("still waiting" in line for line in first.told)


def test_on_a_link_that_resets_half_of_all_connections_every_green_run_is_true(nao):
    nao.flaky(0.5, seed=1, faults=("reset-before", "reset-after"))
    for _ in range(10):
        stack = Stack(nao.url)
        jobs = nao.publications(910)
        runs = [stack.up() for _ in range(2)]
        while runs[-1].end:
            runs.append(stack.up())
        assert stack.record.done
        lost = sum(1 for run in runs if run.end is MayHaveStarted)
        assert 1 <= nao.publications(910) - jobs <= 1 + lost
