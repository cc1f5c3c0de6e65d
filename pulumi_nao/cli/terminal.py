"""What is shown of operations: a live display on a terminal that can have one, plain lines anywhere else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pulumi_nao.cli.display import Display
from pulumi_nao.cli.streams import standard_error

if TYPE_CHECKING:
    from pulumi_nao.cli.streams import Stream

_HINT = "For a live display on this terminal: pip install 'pulumi-nao[terminal]'"


def choose(output: Stream, total: int) -> Display:
    """Choose the live display on a terminal, and plain lines anywhere else.

    A dumb terminal and a CI system that pretends to be a terminal (`CI` is set) get plain lines too.
    """
    if output.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown") and not os.environ.get("CI"):
        try:
            from pulumi_nao.cli.live import LiveDisplay  # noqa: PLC0415 - rich is an extra
        except ImportError:
            standard_error().line(_HINT)
        else:
            return LiveDisplay(output, total)
    return Display(output)
