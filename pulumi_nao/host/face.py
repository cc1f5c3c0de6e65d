"""The face of the host: what the provider asks for, whatever the host can do."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pulumi_nao.host.calls import Call, Calls, install
from pulumi_nao.host.failure import set_failure, set_unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_nao.host.engine import Engine

RESOURCE_TYPE = "pulumi-python:dynamic/nao:TrackingConfigPublication"
_HOST_MODULE = "pulumi.dynamic.__main__"


class ProviderError(Exception):
    """A failed call; its text is what the user reads."""


@dataclass(frozen=True)
class Unfinished:
    """What is to be saved of an operation that failed.

    Attributes:
        resource_id: The resource's id.
        properties: The outputs.
    """

    resource_id: str
    properties: Mapping[str, Any]


class Host:
    """The plugin host, with as much as it can do.

    Args:
        calls: Knows the current call; `None` where calls cannot be seen.
        engine: Takes log lines; `None` where there is no engine to talk to.
        cancel: Set when all waits have to end.
    """

    def __init__(
        self, calls: Calls | None = None, engine: Engine | None = None, cancel: threading.Event | None = None
    ) -> None:
        self.cancel = cancel or threading.Event()
        self._calls = calls
        self._engine = engine

    @property
    def call(self) -> Call | None:
        """The current call; `None` where calls cannot be seen."""
        return self._calls.current if self._calls else None

    @property
    def saves_unfinished(self) -> bool:
        """Whether the current call can fail and still have its outputs saved."""
        return self.call is not None

    def report(self, message: str) -> None:
        """Show progress.

        Args:
            message: One line.
        """
        call = self.call
        if not (self._engine and call and self._engine.status(call.urn, message)):
            _print(message)

    def warn(self, message: str) -> None:
        """Show a warning.

        Args:
            message: One line or several.
        """
        call = self.call
        if not (self._engine and self._engine.warn(call.urn if call else "", message)):
            _print(f"warning: {message}")

    def fail(self, text: str, unfinished: Unfinished | None = None) -> NoReturn:
        """End the current call with an error.

        Args:
            text: What the user reads.
            unfinished: What to save, where the host can.

        Raises:
            ProviderError: Always.
        """
        call = self.call
        if call and unfinished:
            shown = self._engine is not None and self._engine.error(call.urn, text)
            set_unfinished(call, "" if shown else text, unfinished.resource_id, unfinished.properties)
        elif call:
            set_failure(call, text)
        raise ProviderError(text) from None


_attached: Host | None = None
_guard = threading.Lock()


def attach() -> Host:
    """Find out, once a process, what the host can do."""
    global _attached  # noqa: PLW0603 - one process is one host
    with _guard:
        if _attached is None:
            _attached = _attach()
        return _attached


def _attach() -> Host:
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is None or spec.name != _HOST_MODULE:
        return Host()
    cancel = threading.Event()
    missing = []
    calls = Calls(RESOURCE_TYPE, cancel.set)
    seen = install(calls)
    if not seen:
        missing.append(
            "Ctrl-C ends a run only when its jobs have ended, custom_timeouts do not count, unfinished publications "
            "are not saved, and four run at a time"
        )
    engine = _engine(cancel)
    if engine is None:
        missing.append("progress is not shown on the resource's row")
    host = Host(calls if seen else None, engine, cancel)
    if missing:
        host.warn("this version of Pulumi's SDK or of grpc is not fully known to pulumi-nao: " + "; ".join(missing))
    return host


def _engine(cancel: threading.Event) -> Engine | None:
    try:
        from pulumi_nao.host.engine import Engine  # noqa: PLC0415 - the SDK's messages may move

        return Engine(sys.argv[1], cancel.set)
    except (ImportError, AttributeError, IndexError, TypeError):
        return None


def _print(message: str) -> None:
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the stock host's way to the user
