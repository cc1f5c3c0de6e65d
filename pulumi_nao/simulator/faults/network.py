"""The faults of networks, proxies and busy servers, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.simulator.faults import answers, connection
from pulumi_nao.simulator.faults.kinds import Fault, always
from pulumi_nao.simulator.scripts import HangUp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.simulator.scripts import Reply

_HOUR = 3600.0
_YEAR = "31536000"


def _garbled(change: Callable[[bytes, bytes], bytes]) -> Callable[[float], Reply]:
    return always(connection.Garbled(change))


def _refused(status: int) -> Callable[[float], Reply]:
    return always(answers.refusal(status))


CONNECTION = (
    Fault(
        "refuse",
        "The answer is the normal one; then the server is away, and connections are refused.",
        connection.Refuse,
        5.0,
    ),
    Fault("reset-before", "A TCP reset.", always(connection.Reset())),
    Fault("reset-after", "A TCP reset.", always(connection.Reset(after_effect=True))),
    Fault("hang-up-before", "The connection is closed without an answer.", always(HangUp())),
    Fault(
        "hang-up-after",
        "The connection is closed without an answer.",
        always(HangUp(after_effect=True)),
    ),
    Fault(
        "stall-before-headers",
        "Silence before the answer.",
        lambda seconds: connection.Stall("before the headers", seconds),
        _HOUR,
    ),
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
    Fault("html-200", "A proxy's page with 200.", always(answers.page(200))),
    Fault("html-502", "A proxy's page with 502.", always(answers.page(502))),
    Fault("html-503", "A proxy's page with 503.", always(answers.page(503))),
    Fault(
        "html-504",
        "A proxy's page with 504.",
        always(answers.page(504, after_effect=True)),
    ),
    Fault("400", "400 Bad Request.", _refused(400)),
    Fault("401", "401 Unauthorized, as after a JWT has expired.", _refused(401)),
    Fault("403", "403 Forbidden.", _refused(403)),
    Fault("404", "404 Not Found.", _refused(404)),
    Fault("408", "408 Request Timeout.", _refused(408)),
    Fault("410", "410 Gone.", _refused(410)),
    Fault("422", "422 Unprocessable Entity.", _refused(422)),
    Fault("500", "500 Internal Server Error.", _refused(500)),
    Fault(
        "500-after",
        "500 Internal Server Error.",
        always(answers.refusal(500, after_effect=True)),
    ),
)

BUSY = tuple(
    busy
    for status in (429, 503)
    for busy in (
        Fault(f"{status}", f"{status} without `Retry-After`.", always(answers.busy(status))),
        Fault(
            f"{status}-seconds",
            f"{status} with `Retry-After` in seconds.",
            lambda seconds, status=status: answers.busy(status, f"{seconds:.0f}"),  # type: ignore[misc]
            7.0,
        ),
        Fault(
            f"{status}-date",
            f"{status} with `Retry-After` as a date, so many seconds away.",
            lambda seconds, status=status: answers.ComeBackAt(status, seconds),  # type: ignore[misc]
            7.0,
        ),
        Fault(
            f"{status}-negative",
            f"{status} with `Retry-After: -5`.",
            always(answers.busy(status, "-5")),
        ),
        Fault(
            f"{status}-absurd",
            f"{status} with `Retry-After` of a year.",
            always(answers.busy(status, _YEAR)),
        ),
        Fault(
            f"{status}-nonsense",
            f"{status} with `Retry-After: soon`.",
            always(answers.busy(status, "soon")),
        ),
    )
)
