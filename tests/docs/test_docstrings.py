"""The example in a docstring does what it says."""

import inspect
import textwrap

import requests

from pulumi_nao.simulator import Simulator


def test_the_simulators_own_example_runs():
    example = inspect.getdoc(Simulator).partition("::\n")[2].partition("\n\nIt can be")[0]
    code = textwrap.dedent(example).strip("\n")
    assert code.startswith("with Simulator() as nao:")
    exec(code, {"Simulator": Simulator, "requests": requests})  # noqa: S102 - the docstring's own words
