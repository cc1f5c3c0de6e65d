"""What went wrong with an exchange, in our own words: an exception's text may hold a proxy's password."""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
from http import HTTPStatus
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected
from http.client import InvalidURL as InvalidHttpUrl
from typing import TYPE_CHECKING, cast

import requests
import urllib3
from urllib3.util.ssl_match_hostname import CertificateError

from pulumi_nao.cloud.exchange import AnswerTimeout, NoSuchBundle
from pulumi_nao.cloud.transport import AnswerTooLarge, AnswerUnreadable
from pulumi_nao.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_nao.cloud.proxies import Proxy

_CLOSED = "the connection was closed without an answer"
_RESET = "the connection was reset"
_CUT_SHORT = "the answer was cut short"
_MALFORMED = "the URL is malformed"

_REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (AnswerTimeout, "no complete answer in time"),
    (AnswerTooLarge, "the answer is far larger than expected"),
    (AnswerUnreadable, "the answer could not be decompressed"),
    (ssl.SSLEOFError, _CLOSED),
    (ssl.SSLZeroReturnError, _CLOSED),
    (ssl.SSLError, "no secure connection could be agreed"),
    (requests.exceptions.SSLError, "no secure connection could be agreed"),
    (socket.gaierror, "its name cannot be resolved"),
    (ConnectionRefusedError, "connection refused"),
    (RemoteDisconnected, _CLOSED),
    (ConnectionError, _RESET),
    (requests.exceptions.InvalidSchema, "the URL's scheme is not supported"),
    (requests.exceptions.InvalidURL, _MALFORMED),
    (InvalidHttpUrl, _MALFORMED),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.Timeout, "no answer in time"),
    (urllib3.exceptions.TimeoutError, "no answer in time"),
    (BadStatusLine, "the answer is not HTTP"),
    (IncompleteRead, _CUT_SHORT),
    (HTTPException, "the headers of the answer make no sense"),
    (requests.exceptions.ChunkedEncodingError, _CUT_SHORT),
)

_OF_A_PROXY = (urllib3.exceptions.ProxyError, requests.exceptions.ProxyError)
_NO_URL = (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL, InvalidHttpUrl)
_NO_MACHINE_ERROR = (ssl.SSLError, socket.gaierror, ConnectionError, TimeoutError, requests.RequestException)

# OpenSSL's numbers for a chain that leads to nobody known: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT to
# X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE.
_UNKNOWN_AUTHORITY = range(18, 22)
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: ([1-5][0-9]{2})")
_MOST_CAUSES = 100


def reason_of(error: BaseException, proxy: Proxy | None = None) -> tuple[str, bool]:
    """Say in a few words what went wrong with an exchange, and whether it may pass.

    What is wrong with certificates, URLs and files that the environment names stays so. All else may pass.
    """
    try:
        return _words(_causes(error), proxy)
    except Exception:  # noqa: BLE001 - of any exception there is something to say, however oddly it was made
        return f"the connection failed ({type(error).__name__})", True


def _words(chain: Sequence[BaseException], proxy: Proxy | None) -> tuple[str, bool]:
    if proxy is None:
        return _reason(chain, "the server's")
    if any(isinstance(cause, _NO_URL) for cause in chain):
        if proxy.url.startswith("socks"):
            return f"{proxy} needs the Python package PySocks: install requests[socks]", False
        return f"{proxy.source} is no URL of a proxy; write it like http://proxy.example.com:3128", False
    status = next((status for status in map(_tunnel_refusal, chain) if status), None)
    if status:
        return _refused_by(proxy, status)
    if any(isinstance(cause, _OF_A_PROXY) for cause in chain):
        words, may_pass = _reason(chain, "its")
        return f"no connection to {proxy}: {words}", may_pass
    words, may_pass = _reason(chain, "the server's")
    return f"through {proxy}: {words}", may_pass


def _tunnel_refusal(error: BaseException) -> int | None:
    """The status with which a proxy refused a tunnel; the standard library tells it in words only."""
    said = error.args[0] if isinstance(error, OSError) and error.args else None
    found = _TUNNEL_REFUSED.match(said) if isinstance(said, str) else None
    return int(found[1]) if found else None


def _refused_by(proxy: Proxy, status: int) -> tuple[str, bool]:
    phrase = HTTPStatus(status).phrase if status in {*HTTPStatus} else ""
    words = f"{proxy} opens no way to the server: {status} {phrase}".rstrip()
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        words += f"; it wants a user name and a password in {proxy.source}"
    return words, status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS


def _reason(chain: Sequence[BaseException], whose: str) -> tuple[str, bool]:
    of_machine = _machine_errors(chain)
    for_good = _certificates(chain, whose) or _files(chain, of_machine)
    if for_good:
        return for_good, False
    if of_machine:
        return f"this machine: {_in_words(of_machine[-1])}", True
    for kind, words in _REASONS:
        found = next((cause for cause in chain if isinstance(cause, kind)), None)
        if found is not None:
            return words + _in_openssls_words(found), kind not in _NO_URL
    return f"the connection failed ({type(chain[-1]).__name__})", True


def _certificates(chain: Sequence[BaseException], whose: str) -> str:
    for cause in chain:
        if isinstance(cause, NoSuchBundle):
            return f"{_bundle()} does not exist"
        if isinstance(cause, (ssl.SSLCertVerificationError, CertificateError)):
            return f"{whose} certificate is not trusted{_why_untrusted(cause)}"
        if isinstance(cause, ssl.SSLError) and getattr(cause, "library", None) in ("X509", "PEM", "ASN1"):
            return f"{_bundle()} holds no certificates that can be read"
    return ""


def _files(chain: Sequence[BaseException], of_machine: list[OSError]) -> str:
    """Which of the files that the environment names cannot be used."""
    if of_machine and any(isinstance(cause, urllib3.exceptions.SSLError) for cause in chain):
        return f"{_bundle()} cannot be read: {_in_words(of_machine[0])}"
    key_log = os.environ.get("SSLKEYLOGFILE")
    for error in of_machine:
        if key_log and error.filename == key_log:
            return f"the file named by SSLKEYLOGFILE cannot be written: {_in_words(error)}"
    return ""


def _bundle() -> str:
    variables = [name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)]
    return f"the file named by {variables[0]}" if variables else "the file of certificate authorities"


def _why_untrusted(error: BaseException) -> str:
    said = getattr(error, "verify_message", None)
    why = f" ({printable(said).rstrip('.')})" if isinstance(said, str) and said else ""
    if getattr(error, "verify_code", None) in _UNKNOWN_AUTHORITY:
        why += "; name the file of a private authority in REQUESTS_CA_BUNDLE"
    return why


def _machine_errors(chain: Sequence[BaseException]) -> list[OSError]:
    """Where the operating system refused something to this process."""
    errors = [cause for cause in chain if isinstance(cause, OSError) and not isinstance(cause, _NO_MACHINE_ERROR)]
    return [error for error in errors if isinstance(error.errno, int) and error.errno in errno.errorcode]


def _in_words(error: OSError) -> str:
    number = cast("int", error.errno)
    words = os.strerror(number)
    # Windows has no words here for the numbers of its sockets.
    return errno.errorcode[number] if words.startswith("Unknown error") else words.lower()


def _in_openssls_words(error: BaseException) -> str:
    reason = getattr(error, "reason", None) if type(error) is ssl.SSLError else None
    if not isinstance(reason, str):
        return ""
    hint = "; perhaps that port speaks plain http" if reason in _NO_TLS else ""
    return f" ({printable(reason).replace('_', ' ').lower()}){hint}"


def _causes(error: BaseException) -> list[BaseException]:
    """Collect the exceptions inside an exception: requests and urllib3 wrap them as arguments and as reasons."""
    found = [error]
    # Its context is left out: the caller may have been at something else when it was raised once more.
    todo: list[object] = [error.__cause__, getattr(error, "reason", None), *error.args]
    while todo and len(found) < _MOST_CAUSES:
        candidate = todo.pop()
        if issubclass(type(candidate), BaseException) and all(candidate is not one for one in found):
            cause = cast("BaseException", candidate)
            found.append(cause)
            todo += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found
