"""Standard output and standard error, which may be closed, full, or unable to show every character."""

from __future__ import annotations

import io
import os
import sys
import threading
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from pulumi_nao.text import redact

if TYPE_CHECKING:
    from typing import TextIO


class Stream:
    """A stream that never fails its writer: publishing goes on when nobody reads any more.

    Attributes:
        trouble: Why text was lost; empty while none was, and when the reader left of its own will.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.trouble = ""
        self._stream = stream
        self._secrets: list[str] = []
        self._guard = threading.RLock()
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    def hide(self, secret: str) -> None:
        """Never show a value from now on, wherever it may come from."""
        self._secrets.append(secret)

    @property
    def encoding(self) -> str:
        """How characters are written, `utf-8` for instance."""
        return getattr(self._stream, "encoding", None) or "ascii"

    def isatty(self) -> bool:
        """Whether this is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write text."""
        with self._guard:
            if self._stream is not None:
                try:
                    self._stream.write(redact(text, self._secrets))
                except (OSError, ValueError) as error:
                    self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Let the reader have what was written."""
        with self._guard:
            if self._stream is not None:
                try:
                    self._stream.flush()
                except (OSError, ValueError) as error:
                    self._failed(error)

    def line(self, text: str) -> None:
        """Write a line, or several, in one piece and at once."""
        with self._guard:
            self.write(f"{text}\n")
            self.flush()

    def silence(self) -> None:
        """Write nothing more, not even what is still in a buffer when Python ends."""
        with self._guard:
            if self._stream is not None:
                with suppress(OSError, ValueError):
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, self._stream.fileno())
                    os.close(nowhere)
                self._stream = None

    def _failed(self, error: OSError | ValueError) -> None:
        if not isinstance(error, BrokenPipeError):
            self.trouble = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        self.silence()


@cache
def standard_output() -> Stream:
    """The process's standard output."""
    return Stream(sys.stdout)


@cache
def standard_error() -> Stream:
    """The process's standard error."""
    return Stream(sys.stderr)


def hide(secret: str) -> None:
    """Never show a value on either stream from now on."""
    standard_output().hide(secret)
    standard_error().hide(secret)
