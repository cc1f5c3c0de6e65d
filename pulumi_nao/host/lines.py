"""Lines for the user: on the resource's own row, or on standard error where the engine does not take them."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_nao.host.engine import Engine
    from pulumi_nao.host.protocol import Call

FEW_THREADS = "the machine lets this run start only a few threads (`ulimit -u`, or pids.max of the container)"


class Lines:
    """Shows lines about the current call."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.engine = engine

    @property
    def call(self) -> Call | None:
        return None

    def report(self, message: str) -> None:
        call = self.call
        if not (self.engine and call and self.engine.status(call.urn, message)):
            print_line(message)

    def warn(self, message: str) -> None:
        call = self.call
        if not (self.engine and self.engine.warn(call.urn if call else "", message)):
            print_line(f"warning: {message}")

    def shows_error(self, message: str) -> bool:
        """Show an error on the row of the current call, if that can be done."""
        return self.call is not None and self.engine is not None and self.engine.error(self.call.urn, message)


def print_line(message: str) -> None:
    """Write to standard error, which the engine shows; nobody may be left to read it."""
    with suppress(OSError, ValueError):
        print(message, file=sys.stderr, flush=True)  # noqa: T201 - a plugin's way to the user
