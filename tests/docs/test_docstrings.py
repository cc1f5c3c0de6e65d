"""The example in a docstring does what it says."""

import textwrap

import requests

from pulumi_nao.simulator import Simulator


def test_the_simulators_own_example_runs():
    example = Simulator.__doc__.partition("::\n")[2].partition("\n\n    It can be")[0]
    code = textwrap.dedent(example).strip("\n")
    assert code.startswith("with Simulator() as nao:")
    exec(code, {"Simulator": Simulator, "requests": requests})  # noqa: S102 - the docstring's own words
