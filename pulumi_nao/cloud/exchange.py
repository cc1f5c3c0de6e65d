"""One request and its answer: in a thread that can be left behind, on a connection that can be ended."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import TYPE_CHECKING, Any, TypeVar, cast

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import BufferedReader

    from pulumi_nao.waiting.threads import Worker

Result = TypeVar("Result")

_CANCEL_CHECK = 0.25

_of_thread = threading.local()


class AnswerTimeout(Exception):
    pass


class NoSuchBundle(Exception):
    """The environment names a file of certificate authorities that is not there."""


class Exchange:
    """In a thread: a time-out on the socket counts from byte to byte, and none covers name resolution."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.connected = False  # from then on, something may have reached the server
        self._given_up = False
        self._socket: socket.socket | None = None
        self._guard = threading.Lock()

    def run(
        self,
        call: Callable[[], Result],
        seconds: float,
        cancelled: Callable[[], bool],
        grace: float,
        on_grace: Callable[[], None] | None = None,
    ) -> Result:
        """Make the exchange, but wait no longer than so many seconds for it.

        After a cancel it may go on for the seconds of grace, which are told of as they begin, or not at all where
        nothing was sent yet. Then `AnswerTimeout` is raised, and nothing is sent or read any more.
        """
        outcome: Future[Result] = Future()

        def run() -> None:
            _of_thread.exchange = self
            try:
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
                outcome.set_exception(error)
            finally:
                _of_thread.exchange = self._socket = None

        self._worker.put(run)
        end = time.monotonic() + seconds
        noticed = False
        while True:
            left = end - time.monotonic()
            if wait([outcome], max(0.0, min(left, _CANCEL_CHECK))).done:
                return outcome.result()
            if left <= 0:
                self.give_up()
                raise AnswerTimeout
            if cancelled() and not noticed:
                noticed = True
                unsent = self._stopped_unsent()
                end = min(end, time.monotonic() + (0.0 if unsent else grace))
                if on_grace and not unsent:
                    on_grace()

    def give_up(self) -> None:
        """End the connection, or keep a thread that is still in a slow name resolution from making one."""
        with self._guard:
            self._given_up = True
            in_use = self._socket  # which the thread may let go of at any moment
            if in_use is not None:
                # TLS through a proxy that itself speaks TLS is no socket, but has one.
                below = getattr(in_use, "socket", in_use)
                with suppress(OSError):
                    # Not the TLS socket's own: that would take its state away under the thread that reads.
                    socket.socket.shutdown(below, socket.SHUT_RDWR)

    def _stopped_unsent(self) -> bool:
        with self._guard:
            self._given_up = self._given_up or not self.connected
            return not self.connected

    def use(self, connection: HTTPConnection) -> None:
        """Take note of the connection, just before anything is sent on it; end it if the exchange was given up."""
        with self._guard:
            if self._given_up:
                connection.close()
                raise ConnectionAbortedError
            self.connected = True
            self._socket = connection.sock


class _WholeHead(HTTPResponse):
    """An answer whose headers came to their end, and do not contradict each other.

    The standard library takes the end of the connection for the end of the headers. A `Location` that was cut short
    would name another job. It also takes an interim answer, such as 103, for the answer.
    """

    def begin(self) -> None:
        self._begin()
        while 100 <= self.status < 200 and self.status != HTTPStatus.SWITCHING_PROTOCOLS:  # noqa: PLR2004 - the 1xx
            self.headers = self.msg = None  # type: ignore[assignment] # so that `begin` reads on
            self._begin()

    def _begin(self) -> None:
        source = self.fp
        lines: Any = _Lines(source)
        self.fp = lines
        super().begin()
        if self.fp is lines:
            self.fp = source
        if lines.last.strip():
            raise IncompleteRead(lines.last)
        # urllib3 would log what it cannot parse, with a traceback, and go on all the same.
        self.headers.defects.clear()
        self.headers.set_payload("")
        lengths = {part.strip() for value in self.headers.get_all("content-length", ()) for part in value.split(",")}
        if len(lengths) > 1:  # refused by urllib3, too, but without closing the connection
            raise HTTPException


class _Lines:
    def __init__(self, source: BufferedReader) -> None:
        self.source = source
        self.last = b""

    def readline(self, limit: int) -> bytes:
        line = self.source.readline(limit)
        self.last = line or b"(end)"
        return line

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as the source
        return getattr(self.source, name)


class _Watched:
    """Beside one of urllib3's connections: tells the exchange of this thread about it."""

    response_class = _WholeHead
    debuglevel = 0  # http.client would print the request, the key in it, when somebody sets its own

    def connect(self) -> None:
        super().connect()  # type: ignore[misc] # urllib3's
        self._announce()

    def putrequest(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as in urllib3
        if self.sock is not None:  # type: ignore[attr-defined] # kept open since an earlier exchange
            self._announce()
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def _announce(self) -> None:
        exchange: Exchange | None = getattr(_of_thread, "exchange", None)
        if exchange is not None:
            exchange.use(cast("HTTPConnection", self))


class _Http(_Watched, HTTPConnection):  # type: ignore[misc] # an HTTPResponse is one
    pass


class _Https(_Watched, HTTPSConnection):  # type: ignore[misc] # as above
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


class WatchedAdapter(HTTPAdapter):
    """An adapter that never repeats a request, and whose connections an `Exchange` can end."""

    def __init__(self, connections: int) -> None:
        super().__init__(pool_connections=1, pool_maxsize=connections, max_retries=0, pool_block=True)
        _watch(self.poolmanager)

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as in requests
        try:
            super().cert_verify(*args, **kwargs)  # type: ignore[no-untyped-call]
        except OSError:
            raise NoSuchBundle from None

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:  # noqa: ANN401 - as in requests
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        _watch(manager)
        return manager

    def close(self) -> None:
        # urllib3 leaves the connections to the garbage collector.
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it cannot be iterated itself
                manager.pools[key].close()
        super().close()


def _watch(manager: Any) -> None:  # noqa: ANN401 - urllib3's managers share no base
    manager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
