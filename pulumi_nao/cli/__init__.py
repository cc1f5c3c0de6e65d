"""The command line: `pulumi-nao`, also `python -m pulumi_nao`. The same core and the same words as the provider's.

A command is a module with `add_arguments` and `run`. Only the module of the command that was asked for is imported.
"""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from typing import TYPE_CHECKING, Any

from pulumi_nao._version import __version__
from pulumi_nao.cli.streams import standard_error, standard_output

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMANDS = {
    "publish": ("pulumi_nao.cli.publish", "publish sites and await the jobs"),
    "call": ("pulumi_nao.cli.call", "make any other long call and await its job"),
    "job": ("pulumi_nao.cli.job", "show a background job, or await it"),
    "doctor": ("pulumi_nao.cli.doctor", "find out whether publishing can work here"),
    "simulate": ("pulumi_nao.simulator.command", "run a NAO Cloud simulator on this machine"),
}
_UNEXPECTED = 1
_SIGNALLED = 128


def main(arguments: Sequence[str] | None = None) -> int:
    words = sys.argv[1:] if arguments is None else list(arguments)
    try:
        code = _run(words)
    except KeyboardInterrupt:
        return _SIGNALLED + signal.SIGINT
    except BrokenPipeError:  # whoever read the output has gone
        standard_output().silence()
        return 0
    trouble = standard_output().trouble
    if trouble:
        standard_error().line(f"the output could not be written: {trouble}")
        return code or _UNEXPECTED
    return code


def _run(words: list[str]) -> int:
    asked = next((word for word in words if not word.startswith("-")), "")
    parser = _Parser(
        prog="pulumi-nao",
        description="Publish NAO Cloud tracking configurations.",
        epilog="`pulumi-nao COMMAND --help` says more. The key is read from NAO_API_KEY: there is no option for it, "
        "since other users of a machine can see command lines.",
    )
    parser.add_argument("--version", action="version", version=f"pulumi-nao {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module_name, summary) in _COMMANDS.items():
        if name != asked:
            commands.add_parser(name, help=summary)
            continue
        module = importlib.import_module(module_name)
        command = commands.add_parser(name, help=summary, description=module.DESCRIPTION)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    chosen = parser.parse_args(words)
    return int(chosen.run(chosen))


class _Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and repeats no value of an unknown option."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as in argparse
        super().__init__(**settings, allow_abbrev=False)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]  # noqa: ANN401 - as in argparse
        parsed, unknown = super().parse_known_args(args, namespace)
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        if options:
            self.error(f"there is no option {options[0]}")
        if unknown:
            self.error("there are more words than the command takes")
        return parsed, []
