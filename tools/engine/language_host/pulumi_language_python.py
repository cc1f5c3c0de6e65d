#!/usr/bin/env python3
"""A stand-in for `pulumi-language-python`, the language host that the engine starts for Python programs.

The official host is a Go program that comes with the official CLI only; whoever has that does not need this.
This one serves an engine built from the CLI's Go module. It answers what the engine asks while a project is
installed, previewed, updated, refreshed, destroyed and described, with the official host's rules and texts.

It leaves out, and refuses where the difference could go unnoticed: the `poetry` and `uv` toolchains and
looking for their lock files, `typechecker`, the debugger, plugins and policy packs written in Python,
generating and packing code, Python version managers, tracing, updating pip in a new virtual environment, and
Windows.

The engine calls it with its own address and reads the port from the first line of stdout.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path


def main() -> int:
    """Serve until the engine ends it.

    Returns:
        The exit code.
    """
    # The engine ends its plugins with SIGINT, perhaps while the imports below still run: no traceback then.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    arguments = _arguments()
    try:
        import serving  # noqa: PLC0415 - its imports are what may fail
    except ImportError as error:
        print(
            f"pulumi-language-python: {sys.executable} cannot import what this needs ({error}). "
            "Put the virtual environment with `pulumi` first on PATH, or install `pulumi` there.",
            file=sys.stderr,
        )
        return 1
    return serving.serve(arguments.engine, arguments.use_executor)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Serve Python programs to the Pulumi engine (a stand-in).")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    parser.add_argument(
        "--use-executor",
        type=Path,
        required=True,
        help="pulumi-language-python-exec, which runs the program",
    )
    # The engine hands its own logging and tracing options on; they have no use here.
    parser.add_argument("--logtostderr", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-v", help=argparse.SUPPRESS)
    parser.add_argument("--tracing", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
