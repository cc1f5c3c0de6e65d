"""One HTTP exchange: which connection, whose proxy, how long, how much, and what went wrong with it."""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError  # the builtin one only from 3.11 on
from http.client import RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
ANSWER_TIMEOUT = 60.0
LARGEST_ANSWER = 1024 * 1024
MOST_CONNECTIONS = 32

_CANCEL_CHECK = 0.25


class AnswerTimeout(Exception):
    """One exchange took longer than an answer may take, however the time was spent."""


class AnswerTooLarge(Exception):
    """The server sent more than any job needs."""


class BareToken(AuthBase):
    """Puts the bare token on a request.

    As an `AuthBase` because a plain header would be replaced by what `~/.netrc` holds for the host.

    Args:
        token: API key or JWT.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Set the `Authorization` header (documented: the token alone, without a scheme)."""
        request.headers["Authorization"] = self._token
        return request

    def __repr__(self) -> str:
        """Say nothing of the token."""
        return "BareToken(…)"


class SingleConnection(HTTPAdapter):
    """An adapter for one request on a connection of its own.

    Attributes:
        connected: Whether the connection was made, so that something may have reached the server.
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.connected = False
        self._given_up = False
        self._guard = threading.Lock()
        self._watch(self.poolmanager)

    def give_up(self) -> bool:
        """Let nothing be sent any more, even by a thread that is left behind in a slow name resolution.

        Returns:
            Whether the connection had been made before.
        """
        with self._guard:
            self._given_up = True
            return self.connected

    def _made(self, connection: HTTPConnection) -> None:
        with self._guard:
            if self._given_up:
                connection.close()
                raise ConnectionAbortedError
            self.connected = True

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:  # noqa: ANN401 - as in requests
        """Watch a proxy's connections like direct ones."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        self._watch(manager)
        return manager

    def _watch(self, manager: Any) -> None:  # noqa: ANN401 - urllib3's managers share no base
        adapter = self

        class Http(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                adapter._made(self)

        class Https(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                adapter._made(self)

        class HttpPool(HTTPConnectionPool):
            ConnectionCls = Http

        class HttpsPool(HTTPSConnectionPool):
            ConnectionCls = Https

        manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}


class NoRedirects(requests.Session):
    """A session to which a redirect is an answer like any other.

    Even with `allow_redirects=False`, requests works out where it would go next: it reads the whole body for that,
    and fails on a `Location` that is no address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that there is none.

        Args:
            resp: An answer.
        """


def new_session(adapter: HTTPAdapter, *, direct: bool) -> requests.Session:
    """Make a session that keeps no cookies and follows no surprises from the environment.

    Args:
        adapter: Used for `http` and `https`.
        direct: Whether to go without any proxy; the environment's CA bundle still counts.
    """
    session = NoRedirects()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if direct:
        session.trust_env = False
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return session


def shared_adapter() -> HTTPAdapter:
    """Make an adapter that keeps connections open for the next look, so many at the most."""
    return HTTPAdapter(pool_connections=1, pool_maxsize=MOST_CONNECTIONS, max_retries=0, pool_block=True)


def read_body(response: requests.Response) -> bytes:
    """Read an answer's body, up to 1 MiB.

    Args:
        response: An answer that was asked for with `stream=True`.

    Raises:
        AnswerTooLarge: There is more.
    """
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise AnswerTooLarge
    return bytes(body)


def within(seconds: float, exchange: Callable[[], Result], cancelled: Callable[[], bool], grace: float) -> Result:
    """Run an exchange, but wait no longer than so many seconds for it, and still less when cancelled.

    A time-out on the socket counts from byte to byte, and none covers name resolution. A thread that is left behind
    ends with its socket's own time-outs.

    Args:
        seconds: How long to wait.
        exchange: The exchange.
        cancelled: Whether the caller wants to end.
        grace: How long to go on waiting then, in seconds.

    Raises:
        AnswerTimeout: The time is over.
    """
    outcome: Future[Result] = Future()

    def run() -> None:
        try:
            result = exchange()
        except BaseException as error:  # noqa: BLE001 - the caller's thread raises it
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    threading.Thread(target=run, name="nao-exchange", daemon=True).start()
    end = time.monotonic() + seconds
    noticed = False
    while True:
        left = end - time.monotonic()
        try:
            return outcome.result(max(0.0, min(left, _CANCEL_CHECK)))
        except FutureTimeoutError:
            if outcome.done():  # the exchange's own, or it ended this very moment
                return outcome.result()
        if left <= 0:
            raise AnswerTimeout
        if cancelled() and not noticed:
            noticed = True
            end = min(end, time.monotonic() + grace)


_REASONS: tuple[tuple[type[BaseException], str, bool], ...] = (
    (AnswerTimeout, "no complete answer in time", True),
    (AnswerTooLarge, "the answer is far larger than any job", True),
    (ssl.SSLCertVerificationError, "the server's certificate is not trusted", False),
    (ssl.SSLError, "no secure connection could be agreed", False),
    (requests.exceptions.SSLError, "no secure connection could be agreed", False),
    (socket.gaierror, "its name cannot be resolved", True),
    (ConnectionRefusedError, "connection refused", True),
    (urllib3.exceptions.ProxyError, "the proxy opened no connection", True),
    (requests.exceptions.ProxyError, "the proxy opened no connection", True),
    (requests.exceptions.ConnectTimeout, "no connection in time", True),
    (requests.exceptions.Timeout, "no answer in time", True),
    (urllib3.exceptions.TimeoutError, "no answer in time", True),
    (RemoteDisconnected, "the connection was closed without an answer", True),
    (ConnectionResetError, "the connection was reset", True),
    (BrokenPipeError, "the connection was reset", True),
    (urllib3.exceptions.IncompleteRead, "the answer was cut short", True),
    (requests.exceptions.ChunkedEncodingError, "the answer was cut short", True),
    (requests.exceptions.ContentDecodingError, "the answer could not be decompressed", True),
    (requests.exceptions.InvalidSchema, "the URL's scheme is not supported", False),
    (requests.exceptions.InvalidURL, "the URL is malformed", False),
    (requests.exceptions.ConnectionError, "the connection was closed without an answer", True),
)


EXCHANGE_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    AnswerTimeout,
    AnswerTooLarge,
    OSError,
)


def reason_of(error: BaseException) -> tuple[str, bool]:
    """Say in a few words what went wrong with an exchange, and whether it may pass.

    Only our own words: an exception's text may hold a proxy's password.

    Args:
        error: One of `EXCHANGE_FAILURES`.
    """
    chain = _causes(error)
    for kind, words, may_pass in _REASONS:
        found = next((cause for cause in chain if isinstance(cause, kind)), None)
        if isinstance(found, ssl.SSLError) and found.reason:
            return f"{words} ({found.reason.replace('_', ' ').lower()})", may_pass
        if found is not None:
            return words, may_pass
    return f"the connection failed ({type(chain[-1]).__name__})", True


def _causes(error: BaseException) -> list[BaseException]:
    """Collect the exceptions inside an exception: requests and urllib3 wrap them as arguments and as reasons."""
    found: list[BaseException] = []
    todo: list[object] = [error]
    while todo:
        candidate = todo.pop()
        if isinstance(candidate, BaseException) and candidate not in found:
            found.append(candidate)
            todo += [candidate.__cause__, candidate.__context__, getattr(candidate, "reason", None), *candidate.args]
    return found
