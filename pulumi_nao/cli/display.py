"""What a person sees of operations, as plain lines."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pulumi_nao.cli.streams import standard_error

if TYPE_CHECKING:
    from pulumi_nao.cli.streams import Stream


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
