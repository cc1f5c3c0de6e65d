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
    from collections.abc import Callable
    from typing import TextIO

_secrets: list[str] = []


class Stream:
    """A stream that never fails its writer: publishing goes on when nobody reads any more.

    Attributes:
        trouble: Why text was lost; empty while none was, and when the reader left of its own will.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self.trouble = ""
        self._stream = stream
        self._guard = threading.RLock()
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    @property
    def encoding(self) -> str:
        return getattr(self._stream, "encoding", None) or "ascii"

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def write(self, text: str) -> int:
        self._do(lambda stream: stream.write(redact(text, _secrets)))
        return len(text)

    def flush(self) -> None:
        self._do(lambda stream: stream.flush())

    def line(self, text: str) -> None:
        """Write a line, or several, in one piece and at once."""
        with self._guard:
            self.write(f"{text}\n")
            self.flush()

    def interject(self, text: str) -> None:
        """Write past whoever is writing, and will not end."""
        with suppress(OSError, ValueError):
            if self._stream is not None:
                os.write(self._stream.fileno(), text.encode())

    def silence(self) -> None:
        """Write nothing more, not even what is still in a buffer when Python ends."""
        with self._guard:
            if self._stream is not None:
                with suppress(OSError, ValueError):
                    nowhere = os.open(os.devnull, os.O_WRONLY)
                    os.dup2(nowhere, self._stream.fileno())
                    os.close(nowhere)
                self._stream = None

    def _do(self, act: Callable[[TextIO], object]) -> None:
        with self._guard:
            try:
                if self._stream is not None:
                    act(self._stream)
            except (OSError, ValueError) as error:
                if not isinstance(error, BrokenPipeError):
                    self.trouble = getattr(error, "strerror", None) or type(error).__name__
                self.silence()


@cache
def standard_output() -> Stream:
    return Stream(sys.stdout)


@cache
def standard_error() -> Stream:
    return Stream(sys.stderr)


def hide(secret: str) -> None:
    """Never show a value on either stream from now on, wherever it may come from."""
    _secrets.append(secret)
