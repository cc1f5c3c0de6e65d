"""Around one HTTP exchange: whose proxy, how much of an answer, and what went wrong."""

from __future__ import annotations

import os
import socket
import ssl
import zlib
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import requests
import urllib3
from requests.auth import AuthBase

from pulumi_nao.exchange import AnswerTimeout, NoSuchBundle

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
ANSWER_TIMEOUT = 60.0
LARGEST_ANSWER = 1024 * 1024

# Of each kind, looks and publications; each may have a thread as well.
MOST_CONNECTIONS = 32


class AnswerTooLarge(Exception):
    """The server sent more than any job needs."""


class AnswerUnreadable(Exception):
    """The server compressed its answer, unasked, in a way that cannot be undone."""


class Body(bytes):
    """What a server sent. Tracebacks that show variables do not repeat it: it may echo the key."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Body({len(self)} bytes)"


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


def read_body(response: requests.Response) -> Body:
    """Read an answer's body, up to 1 MiB, also after decompression.

    Args:
        response: An answer that was asked for with `stream=True`.

    Raises:
        AnswerTooLarge: There is more.
        AnswerUnreadable: It is compressed in an unknown way or a broken one.
    """
    response.raw.enforce_content_length = True  # the default only from urllib3 2 on
    body = bytearray()
    for chunk in response.raw.stream(64 * 1024, decode_content=False):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise AnswerTooLarge
    return _decompressed(Body(body), response.headers.get("Content-Encoding", "").strip().lower())


def _decompressed(body: Body, coding: str) -> Body:
    """Undo a compression that nobody asked for; urllib3 would unpack a small body to any size."""
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerUnreadable
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, whichever it is
    try:
        unpacked = unpacker.decompress(body, LARGEST_ANSWER + 1)
    except zlib.error:
        raise AnswerUnreadable from None
    if len(unpacked) > LARGEST_ANSWER:
        raise AnswerTooLarge
    if not unpacker.eof:
        raise AnswerUnreadable
    return Body(unpacked)


_REASONS: tuple[tuple[type[BaseException], str, bool], ...] = (
    (AnswerTimeout, "no complete answer in time", True),
    (AnswerTooLarge, "the answer is far larger than any job", True),
    (AnswerUnreadable, "the answer could not be decompressed", True),
    (NoSuchBundle, "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file that does not exist", False),
    (ssl.SSLCertVerificationError, "the server's certificate is not trusted", False),
    (ssl.SSLEOFError, "the connection was closed without an answer", True),
    (ssl.SSLZeroReturnError, "the connection was closed without an answer", True),
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
    (BadStatusLine, "the answer is not HTTP", True),
    (ConnectionResetError, "the connection was reset", True),
    (BrokenPipeError, "the connection was reset", True),
    (IncompleteRead, "the answer was cut short", True),
    (HTTPException, "the headers of the answer make no sense", True),
    (requests.exceptions.ChunkedEncodingError, "the answer was cut short", True),
    (requests.exceptions.InvalidSchema, "the URL's scheme is not supported", False),
    (requests.exceptions.InvalidURL, "the URL is malformed", False),
    (requests.exceptions.ConnectionError, "the connection was closed without an answer", True),
)


EXCHANGE_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    AnswerTimeout,
    AnswerTooLarge,
    AnswerUnreadable,
    NoSuchBundle,
    OSError,
)

# OpenSSL's numbers for a chain that leads to nobody known: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT to
# X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE.
_UNKNOWN_AUTHORITY = range(18, 22)


def reason_of(error: BaseException) -> tuple[str, bool]:
    """Say in a few words what went wrong with an exchange, and whether it may pass.

    Only our own words: an exception's text may hold a proxy's password.

    Args:
        error: One of `EXCHANGE_FAILURES`.
    """
    chain = _causes(error)
    for kind, words, may_pass in _REASONS:
        found = next((cause for cause in chain if isinstance(cause, kind)), None)
        if isinstance(found, ssl.SSLCertVerificationError):
            way_out = (
                "; name the file of a private authority in REQUESTS_CA_BUNDLE"
                if found.verify_code in _UNKNOWN_AUTHORITY
                else ""
            )
            return f"{words} ({found.verify_message.rstrip('.')}){way_out}", may_pass
        if type(found) is ssl.SSLError and found.reason:
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
