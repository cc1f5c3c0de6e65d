"""What a request can get: replies, and the connection that they are written on.

A kind of trouble is a `Reply`: it writes on the `Connection` whatever it likes, and may use the normal answer if it
lets the request take effect first.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

JSON_API = "application/vnd.api+json"
HTML = "text/html; charset=utf-8"
_LOWEST_STATUS, _HIGHEST_STATUS = 200, 599


class Connection(Protocol):
    """One request's connection, as a reply may use it."""

    @property
    def now(self) -> datetime:
        """The simulator's time of day in UTC."""

    @property
    def origin(self) -> str:
        """Scheme, host and port where the client reached the server."""

    def send_answer(self, answer: Answer) -> None:
        """Send an answer, whole and in one piece."""

    def encode(self, answer: Answer) -> tuple[bytes, bytes]:
        """Write an answer's head and body as `send_answer` would send them, for `send_bytes`."""

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""

    def pause(self, seconds: float) -> bool:
        """Wait, but not longer than the client does and the simulator runs.

        Returns:
            Whether the client is still there.
        """

    def hang_up(self) -> None:
        """Close the connection; what was not sent so far never will be."""

    def reset(self) -> None:
        """Close the connection with a TCP reset."""

    def refuse(self, seconds: float) -> None:
        """Close the connection and the port, so that new connections are refused, and open the port again later."""


class Reply(ABC):
    """What a request gets in place of the normal answer.

    Attributes:
        after_effect: `False`: the reply comes in place of everything, and nothing happens in the simulator. `True`:
            the request takes its full effect first (a job starts), and only its answer is lost.
    """

    after_effect: bool

    @abstractmethod
    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Reply to the request.

        Args:
            connection: Where to.
            normal: The answer that the request would have got; `None` unless `after_effect`.
        """


@dataclass(frozen=True)
class Answer(Reply):
    """An HTTP answer.

    `date`, `content-length` and, for text and JSON, `content-type` are added unless they are among the headers.

    Attributes:
        status: HTTP status, 200 to 599.
        headers: Header fields. `Connection: close` is obeyed, and so is `Transfer-Encoding: chunked`.
        body: Bytes as they are, text as UTF-8 HTML, a mapping as JSON.
        after_effect: Whether the request takes effect first, see `Reply`.

    Raises:
        ValueError: The status or a header could not be sent.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | str | Mapping[str, object] = b""
    after_effect: bool = False

    def __post_init__(self) -> None:
        if not _LOWEST_STATUS <= self.status <= _HIGHEST_STATUS:
            raise ValueError(f"status must be from {_LOWEST_STATUS} to {_HIGHEST_STATUS}, not {self.status!r}")
        for name, value in self.headers.items():
            if not (name and f"{name}{value}".isascii() and f"{name}{value}".isprintable()):
                raise ValueError(f"header {name!r} cannot be sent: only printable ASCII can")

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, separators=(",", ":")).encode()

    @property
    def content_type(self) -> str:
        """What the body is when no header says it; empty for bytes, which may be anything."""
        if isinstance(self.body, bytes):
            return ""
        return HTML if isinstance(self.body, str) else JSON_API

    def send(self, connection: Connection, normal: Answer | None) -> None:  # noqa: ARG002 - another answer is replaced
        """Send this answer."""
        connection.send_answer(self)


@dataclass(frozen=True)
class HangUp(Reply):
    """No answer: the connection is closed.

    Attributes:
        after_effect: Whether the request takes effect first, see `Reply`.
        reset: Whether it is closed with a TCP reset.
    """

    after_effect: bool = False
    reset: bool = False

    def send(self, connection: Connection, normal: Answer | None) -> None:  # noqa: ARG002 - no answer at all
        """Close the connection."""
        if self.reset:
            connection.reset()
        else:
            connection.hang_up()


@dataclass(frozen=True)
class Silence(Reply):
    """The normal answer, late: the request has taken effect, and nothing is heard of it.

    Attributes:
        seconds: How long; the simulator gives up as soon as the client does.
    """

    seconds: float = math.inf
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Pause, and send the normal answer."""
        if connection.pause(self.seconds):
            connection.send_answer(cast("Answer", normal))


@dataclass(frozen=True)
class Refuse(Reply):
    """The normal answer; then the server is away: no connection lasts, and new ones are refused.

    Attributes:
        seconds: How long it is away.
    """

    seconds: float
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Answer, with the port closed already, so that the client cannot come back too early."""
        connection.refuse(self.seconds)
        connection.send_answer(cast("Answer", normal))
