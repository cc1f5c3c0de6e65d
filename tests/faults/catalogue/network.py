"""The faults of networks, proxies and busy servers, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.simulator.faults import Fault, always, page, refusal
from tests.faults.catalogue import answers, connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.simulator.replies import Reply

_HOUR = 3600.0
_YEAR = "31536000"


def _garbled(change: Callable[[bytes, bytes], bytes]) -> Callable[[float], Reply]:
    return always(connection.Garbled(change))


def _busy(status: int) -> tuple[Fault, ...]:
    return (
        Fault(
            f"{status}-date",
            f"{status} with `Retry-After` as a date, so many seconds away.",
            lambda seconds: answers.ComeBackAt(status, seconds),
            7.0,
        ),
        Fault(f"{status}-negative", f"{status} with `Retry-After: -5`.", always(refusal(status, "-5"))),
        Fault(f"{status}-absurd", f"{status} with `Retry-After` of a year.", always(refusal(status, _YEAR))),
        Fault(f"{status}-nonsense", f"{status} with `Retry-After: soon`.", always(refusal(status, "soon"))),
    )


CONNECTION = (
    Fault(
        "stall-in-headers",
        "Silence in the middle of the headers.",
        lambda seconds: connection.Stall("in the headers", seconds),
        _HOUR,
    ),
    Fault(
        "stall-in-body",
        "Silence in the middle of the body.",
        lambda seconds: connection.Stall("in the body", seconds),
        _HOUR,
    ),
    Fault(
        "drip",
        "The answer comes byte by byte, with so many seconds between.",
        connection.Drip,
        1.0,
    ),
    Fault(
        "truncate-headers",
        "The connection is closed in the middle of the headers.",
        always(connection.Cut("in the headers")),
    ),
    Fault(
        "truncate-body",
        "The connection is closed in the middle of the body.",
        always(connection.Cut("in the body")),
    ),
    Fault(
        "length-too-long",
        "`Content-Length` promises more than comes.",
        _garbled(connection.with_length(lambda length: str(length + 100))),
    ),
    Fault(
        "length-too-short",
        "More comes than `Content-Length` says.",
        _garbled(connection.with_length(lambda length: str(length // 2))),
    ),
    Fault(
        "length-negative",
        "`Content-Length` is below zero.",
        _garbled(connection.with_length(lambda length: str(-length))),
    ),
    Fault(
        "length-no-number",
        "`Content-Length` is no number.",
        _garbled(connection.with_length(lambda _length: "many")),
    ),
    Fault(
        "length-twice",
        "There are two different `Content-Length`.",
        _garbled(connection.with_header(b"content-length: 1\r\n")),
    ),
    Fault("bad-chunks", "The length of a chunk is no number.", _garbled(connection.in_bad_chunks)),
    Fault(
        "not-http",
        "The answer is not HTTP.",
        _garbled(lambda _head, _body: b"SSH-2.0-OpenSSH_9.2\r\n"),
    ),
    Fault(
        "early-hints",
        "An interim answer, 103, before the answer.",
        _garbled(lambda head, body: b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n" + head + body),
    ),
    Fault("bad-header", "A line of the headers has no colon.", _garbled(connection.with_header(b"nonsense\r\n"))),
    Fault(
        "huge-header",
        "A header is 100,000 characters long.",
        _garbled(connection.with_header(b"x-huge: " + b"x" * 100_000 + b"\r\n")),
    ),
    Fault(
        "many-headers",
        "There are 1,000 headers.",
        _garbled(connection.with_header(b"".join(b"x-%d: x\r\n" % number for number in range(1000)))),
    ),
    Fault("huge-body", "The body has no end.", always(connection.Endless())),
    Fault("gzip-bomb", "A small body says it is 64 MiB in gzip.", always(connection.Bomb())),
    Fault(
        "gzip-broken",
        "The body says it is gzip, and is not.",
        _garbled(connection.with_header(b"content-encoding: gzip\r\n")),
    ),
)

STATUS = (
    Fault("html-200", "A proxy's page with 200.", always(page(200))),
    Fault("html-503", "A proxy's page with 503.", always(page(503))),
)

BUSY = (*_busy(429), *_busy(503))
