"""The process in which the engine runs the provider: what can be asked of it, on either surface.

The stock host of Pulumi's Python SDK answers failures with a traceback, saves nothing of an operation that failed,
ignores Ctrl-C and `custom_timeouts`, shows no progress and runs four operations at a time. `dynamic` gives these back
where it can. With `calls` it is all in that process that uses private names of grpc or of the SDK, and each
capability is found by itself: without it the provider goes on as on the stock host, and says so once. In any process
but the dynamic host (a program, a test) nothing is touched. A plugin of its own, as in `plugin`, needs none of that.
"""

from __future__ import annotations

import sys
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping

    import grpc

    from pulumi_nao.config.surface import Surface
    from pulumi_nao.host.engine import Engine
    from pulumi_nao.waiting.threads import ThreadPool

# The engine's --parallel decides how many calls come at once; this is only more than anybody sets there.
MOST_CALLS = 1024
# Threads that others need beside ours at the least: grpc to watch the engine, and the engine to record what was sent.
SPARE_THREADS = 6

_FEW_THREADS = "the machine lets this run start only a few threads (`ulimit -u`, or pids.max of the container)"
TOO_FEW_THREADS = f"error: {_FEW_THREADS}, too few for it. Raise that limit, or lower PULUMI_PARALLEL"


class ProviderError(Exception):
    """A failed call; its text is what the user reads."""


@dataclass(frozen=True)
class Call:
    """One call of the engine: `Check`, `Diff`, `Create`, `Read`, `Update` or `Delete`."""

    method: str
    urn: str
    timeout: float | None  # seconds, from the resource's own limits
    request: Any
    context: grpc.ServicerContext

    @classmethod
    def of(cls, method: str, request: Any, context: grpc.ServicerContext) -> Call:  # noqa: ANN401 - of many types
        return cls(method, request.urn, getattr(request, "timeout", 0) or None, request, context)


@dataclass(frozen=True)
class Unfinished:
    """What is to be saved of an operation that failed."""

    resource_id: str
    properties: Mapping[str, Any]
    reason_wanted: bool = False  # by an error hook of the program, which decides what follows


class Host(ABC):
    """The process of a plugin, with as much as it can do."""

    surface: ClassVar[Surface]

    def __init__(self, engine: Engine | None = None, cancel: threading.Event | None = None) -> None:
        self.engine = engine
        self.cancel = cancel or threading.Event()  # set when all waiting has to end
        self._shortage_told = threading.Lock()

    @property
    @abstractmethod
    def call(self) -> Call | None:
        """The call that this thread works on; `None` where calls cannot be seen."""

    @property
    @abstractmethod
    def saves_unfinished(self) -> bool:
        """Whether the current call can fail and still have its outputs saved."""

    @abstractmethod
    def fail(self, text: str, unfinished: Unfinished | None = None) -> NoReturn:
        """End the current call with an error."""

    def report(self, message: str) -> None:
        """Show progress on the resource's own row, or on standard error where the engine does not take it."""
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

    def warn_of_shortage(self, *pools: ThreadPool) -> None:
        """Say once that calls have to wait because no thread can be started."""
        if any(threads.short for threads in pools) and self._shortage_told.acquire(blocking=False):
            self.warn(f"{_FEW_THREADS}: publications wait for one another, and the run takes longer")


def print_line(message: str) -> None:
    """Write to standard error, which the engine shows; nobody may be left to read it."""
    with suppress(OSError, ValueError):
        print(message, file=sys.stderr, flush=True)  # noqa: T201 - a plugin's way to the user
