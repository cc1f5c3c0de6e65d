"""What a person sees of operations: plain lines, or a live display where there is a terminal for it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pulumi_nao.cli.streams import standard_error

if TYPE_CHECKING:
    from pulumi_nao.cli.streams import Stream

_HINT = "For a live display on this terminal: pip install 'pulumi-nao[terminal]'"


class Display(AbstractContextManager["Display"]):
    """Told of everything that happens, from any thread: a line for each piece of news, errors on their own stream."""

    def __init__(self, output: Stream) -> None:
        self._output = output
        self._errors = standard_error()

    def __exit__(self, *_exception: object) -> None:
        pass

    def began(self, operation: str) -> None:
        """Say nothing: the first news follows at once."""

    def report(self, operation: str, news: str) -> None:
        self._output.line(f"{operation}: {news}")

    def done(self, operation: str, news: str) -> None:
        self.report(operation, news)

    def failed(self, operation: str, error: str) -> None:
        """Show an error, which names its operation itself."""
        del operation
        self._errors.line(error)

    def note(self, text: str) -> None:
        """Show what concerns all operations."""
        self._errors.line(text)

    def restore(self) -> None:
        """Leave the terminal as it was. The process ends next, so this must not wait for anything."""


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
