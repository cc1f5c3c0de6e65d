"""What a person sees of publications: plain lines, or a live display where there is a terminal for it."""

from __future__ import annotations

import os
import threading
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from pulumi_nao.cli.streams import Stream

_HINT = "For a live display on this terminal: pip install 'pulumi-nao[terminal]'"


class Display(AbstractContextManager["Display"], Protocol):
    """Told of everything that happens, from any thread."""

    def began(self, operation: str) -> None:
        """An operation is being worked on from now on."""

    def report(self, operation: str, message: str) -> None:
        """There is progress."""

    def done(self, operation: str, message: str) -> None:
        """An operation has ended well."""

    def failed(self, operation: str, message: str) -> None:
        """An operation has ended in another way."""

    def note(self, message: str) -> None:
        """Something concerns all operations."""

    def restore(self) -> None:
        """Leave the terminal as it was. The process ends next, so this must not wait for anything."""


class Lines:
    """A line for each piece of news; errors go to their own stream."""

    def __init__(self, output: Stream, errors: Stream) -> None:
        self._output = output
        self._errors = errors
        self._guard = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def began(self, operation: str) -> None:
        """Say nothing: the first news follows at once."""

    def report(self, operation: str, message: str) -> None:
        """Write a line."""
        self._output.line(f"{operation}: {message}")

    def done(self, operation: str, message: str) -> None:
        """Write a line."""
        del operation
        self._output.line(message)

    def failed(self, operation: str, message: str) -> None:
        """Write an error."""
        del operation
        self._errors.line(message)

    def note(self, message: str) -> None:
        """Write a line on the stream of errors."""
        self._errors.line(message)

    def restore(self) -> None:
        """There is nothing to restore."""


def choose(output: Stream, errors: Stream, total: int) -> Display:
    """Choose the live display on a terminal, and plain lines anywhere else.

    A dumb terminal and a CI system that pretends to be a terminal (`CI` is set) get plain lines too.
    """
    lines = Lines(output, errors)
    if not output.isatty() or os.environ.get("TERM", "") in ("dumb", "unknown") or os.environ.get("CI"):
        return lines
    try:
        from pulumi_nao.cli.live import LiveDisplay  # noqa: PLC0415 - rich is an extra
    except ImportError:
        errors.line(_HINT)
        return lines
    return LiveDisplay(output, errors, total)
