"""Sessions, their limits and time-outs: whose proxy, how much of an answer, and which exceptions end it."""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import requests
import urllib3
from requests.auth import AuthBase

from pulumi_nao.cloud.exchange import AnswerTimeout, NoSuchBundle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from requests.adapters import HTTPAdapter

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
ANSWER_TIMEOUT = 60.0
LARGEST_ANSWER = 1024 * 1024
# What was asked for may list in its answer all that it was sent, up to 1 MiB, and more about each part.
LARGEST_ANSWER_TO_ACTION = 16 * LARGEST_ANSWER

# Of each client, and of each kind: polls and actions; each may have a thread as well.
MOST_CONNECTIONS = 32


class AnswerTooLarge(Exception):
    pass


class AnswerUnreadable(Exception):
    pass


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    read: Callable[[requests.Response], bytes | None]  # what of the body is wanted; `None` when it cannot be read
    seconds: float  # for the whole answer
    grace: float  # seconds to go on waiting for it after a cancel
    on_grace: Callable[[], None] | None = None  # told when that time begins
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = field(default=None, repr=False)
    is_secret: bool = False  # the content, which the answer may repeat


class Body(bytes):
    """What was sent, either way. Tracebacks that show variables do not repeat it: it may hold a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Body({len(self)} bytes)"


class BareToken(AuthBase):
    """An `AuthBase` because a plain header would be replaced by what `~/.netrc` holds for the host."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = self._token  # documented: alone, without a scheme
        return request

    def __repr__(self) -> str:
        return "BareToken(…)"


class NoRedirects(requests.Session):
    """A session to which a redirect is an answer like any other.

    Even with `allow_redirects=False`, requests works out where it would go next: it reads the whole body for that,
    and fails on a `Location` that is no address.
    """

    def get_redirect_target(self, resp: requests.Response) -> None: ...


def new_session(adapter: HTTPAdapter, *, direct: bool) -> requests.Session:
    """Make a session that keeps no cookies and follows no surprises from the environment.

    A direct one goes without any proxy; the environment's CA bundle still counts.
    """
    session = NoRedirects()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    if direct:
        session.trust_env = False
        session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return session


def read_body(response: requests.Response, most: int = LARGEST_ANSWER) -> Body:
    """Read an answer's body, up to so many bytes, also after decompression."""
    response.raw.enforce_content_length = True  # the default only from urllib3 2 on
    body = bytearray()
    for chunk in response.raw.stream(64 * 1024, decode_content=False):
        body += chunk
        if len(body) > most:
            raise AnswerTooLarge
    return _decompressed(Body(body), response.headers.get("Content-Encoding", "").strip().lower(), most)


def _decompressed(body: Body, coding: str, most: int) -> Body:
    """Undo a compression that nobody asked for; urllib3 would unpack a small body to any size."""
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise AnswerUnreadable
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, whichever it is
    try:
        unpacked = unpacker.decompress(body, most + 1)
    except zlib.error:
        raise AnswerUnreadable from None
    if len(unpacked) > most:
        raise AnswerTooLarge
    if not unpacker.eof:
        raise AnswerUnreadable
    return Body(unpacked)


EXCHANGE_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    AnswerTimeout,
    AnswerTooLarge,
    AnswerUnreadable,
    NoSuchBundle,
    OSError,
)
