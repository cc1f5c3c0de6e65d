"""The host of dynamic providers: what it lacks is given back where that can be done."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

from pulumi_nao.config.surface import PYTHON
from pulumi_nao.host import TOO_FEW_THREADS, Call, Host, ProviderError, Unfinished, print_line
from pulumi_nao.host.calls import Calls, Seen, TooFewThreads, install
from pulumi_nao.waiting.threads import ACTION_THREADS, POLL_THREADS

if TYPE_CHECKING:
    from types import ModuleType

    from pulumi_nao.host.engine import Engine

RESOURCE_TYPES = frozenset(f"pulumi-python:dynamic/nao:{name}" for name in ("TrackingConfigPublication", "ApiCall"))
_HOST_MODULE = "pulumi.dynamic.__main__"


class DynamicHost(Host):
    surface = PYTHON

    def __init__(
        self,
        calls: Calls | None = None,
        engine: Engine | None = None,
        failures: ModuleType | None = None,
        cancel: threading.Event | None = None,
    ) -> None:
        super().__init__(engine, cancel)
        self._calls = calls
        self._failures = failures

    @property
    def call(self) -> Call | None:
        return self._calls.current if self._calls else None

    @property
    def saves_unfinished(self) -> bool:
        return self.call is not None and self._failures is not None

    def fail(self, text: str, unfinished: Unfinished | None = None) -> NoReturn:
        call = self.call
        if call and self._failures and unfinished:
            # A hook may call again, and then nothing has failed.
            shown = not unfinished.reason_wanted and self.shows_error(text)
            self._failures.set_unfinished(call, "" if shown else text, unfinished.resource_id, unfinished.properties)
        elif call and self._failures:
            self._failures.set_failure(call, text)
        raise ProviderError(text) from None


_attached: DynamicHost | None = None
_guard = threading.Lock()


def attach() -> DynamicHost:
    """Find out, once a process, what the host can do."""
    global _attached  # noqa: PLW0603 - one process is one host
    with _guard:
        if _attached is None:
            _attached = _attach()
        return _attached


def _attach() -> DynamicHost:
    cancel = threading.Event()
    calls = Calls(RESOURCE_TYPES, cancel.set)
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    is_host = spec is not None and spec.name == _HOST_MODULE
    try:
        seen = install(calls) if is_host else Seen.NOTHING
    except TooFewThreads:
        print_line(TOO_FEW_THREADS)
        os._exit(1)
    failures = _failures()
    engine = _engine(cancel) if is_host else None
    host = DynamicHost(None if seen is Seen.NOTHING else calls, engine, failures, cancel)
    calls.on_call = lambda: host.warn_of_shortage(calls.pool, POLL_THREADS, ACTION_THREADS)
    lacks = [*_LACKS[seen]]
    if failures is None and seen is not Seen.NOTHING:
        lacks.append(_NO_ANSWERS)
    if engine is None:
        lacks.append(_NO_ROW)
    if lacks:
        host.warn(
            "this version of Pulumi's SDK or of grpcio is newer than pulumi-nao knows, so it publishes with less "
            f"comfort: {'; '.join(lacks)}. A newer pulumi-nao may know it."
        )
    return host


_NO_ROW = "progress is not shown on the resource's row"
_NO_ANSWERS = "errors come with a traceback, and publications that have not finished are not recorded"
_LACKS = {
    Seen.NOTHING: (
        "Ctrl-C ends a run only when its jobs have ended",
        "custom_timeouts do not count",
        "four publications run at a time",
        _NO_ANSWERS,
    ),
    Seen.CALLS: ("four publications run at a time, and Ctrl-C may have to wait for one of them",),
    Seen.CALLS_AND_THREADS: (),
}


def _failures() -> ModuleType | None:
    try:
        from pulumi_nao.host import failure  # noqa: PLC0415 - the SDK's messages may move
    except (ImportError, AttributeError):
        return None
    return failure if failure.usable() else None


def _engine(cancel: threading.Event) -> Engine | None:
    def gone() -> None:
        cancel.set()
        # Nobody is left who would end this process.
        if hasattr(signal, "pthread_kill"):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        else:  # Windows, where nothing else ends a main thread that waits
            os.kill(os.getpid(), signal.SIGTERM)

    def absent() -> None:
        print_line(f"warning: {_NO_ROW}: the engine does not answer")

    try:
        from pulumi_nao.host.engine import Engine  # noqa: PLC0415 - the SDK's messages may move

        # The engine's flags, such as --tracing, stand before its address.
        return Engine(sys.argv[1:][-1], gone, absent)
    except (ImportError, AttributeError, IndexError, TypeError):
        return None
