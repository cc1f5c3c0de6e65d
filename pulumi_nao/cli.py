"""The command line: `python -m pulumi_nao`, also installed as `pulumi-nao`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pulumi_nao._version import __version__
from pulumi_nao.simulator import command as simulate

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: Words after the program's name; those of the process when not given.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="pulumi-nao", description="Publish NAO Cloud tracking configurations.")
    parser.add_argument("--version", action="version", version=f"pulumi-nao {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    simulator = commands.add_parser(
        "simulate", help="run a NAO Cloud simulator on this machine", description=simulate.__doc__
    )
    simulate.add_arguments(simulator)
    simulator.set_defaults(run=simulate.run)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code
