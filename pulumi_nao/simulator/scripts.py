"""Scripted replies: what a request gets in place of the normal answer, and the queues that hold them.

Another kind of fault is another `Reply`: it writes on the `Connection` whatever it likes, and may use the normal
answer if it lets the request take effect first.
"""

from __future__ import annotations

import itertools
import json
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Literal, Protocol, get_args

from pulumi_nao.simulator.checks import checked_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from pulumi_nao.simulator.log import Request

Route = Literal["publish", "job", "action", "other"]
ROUTES: tuple[Route, ...] = get_args(Route)
BASE_PATH = "/api/v2/"
PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")  # beneath the base path
_CALL = re.compile(f"[A-Z]+ {PATH.pattern}")

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
    """

    after_effect: bool = False

    def send(self, connection: Connection, normal: Answer | None) -> None:  # noqa: ARG002 - no answer at all
        """Close the connection."""
        connection.hang_up()


class Plan(Protocol):
    """Faults that are chosen request by request."""

    def due(self, request: Request) -> Reply | None:
        """Count a request, and say what it gets; `None` if this plan has nothing for it."""


@dataclass(frozen=True)
class Target:
    """Which requests are meant.

    Attributes:
        name: A route, or one call: `PUT sites/910/nao_trackables/batch`.
        site: The only site that is meant; `None` for all.

    Raises:
        ValueError: There is no such route, the site is not above zero, or requests like these belong to no site.
    """

    name: str
    site: int | None = None

    def __post_init__(self) -> None:
        if self.name not in ROUTES and not _CALL.fullmatch(self.name):
            raise ValueError(
                f"there is no route {self.name!r}; the routes are {', '.join(ROUTES)}, "
                "and a call is written PUT sites/910/nao_trackables/batch"
            )
        if self.site is not None:
            checked_id(self.site, "site")
            if self.name == "other":
                raise ValueError("requests on the route 'other' belong to no site")
            if self.name not in ROUTES:
                raise ValueError(f"the path of {self.name!r} names its site already")

    def includes(self, request: Request) -> bool:
        """Whether a request is meant."""
        return self.name in (request.route, request.call) and self.site in (None, request.site)


class Scripts:
    """The replies that are still due; safe to use from many threads.

    Queued replies go before plans, and earlier plans before later ones; every plan counts every request.
    """

    def __init__(self) -> None:
        self._due: list[_Script] = []
        self._plans: list[Plan] = []
        self._lock = Lock()

    def add(self, target: Target, replies: Sequence[Reply], times: int | None) -> None:
        """Queue replies behind those that are still due.

        Args:
            target: The requests that get them.
            replies: One for each request, in order.
            times: How often to go through them; `None` for ever.

        Raises:
            ValueError: There is no reply, or `times` is not above zero.
        """
        if not replies:
            raise ValueError("a script needs at least one reply")
        if times is not None and times < 1:
            raise ValueError(f"times must be 1 or more, or None for ever, not {times!r}")
        rounds = itertools.repeat(tuple(replies)) if times is None else itertools.repeat(tuple(replies), times)
        with self._lock:
            self._due.append(_Script(target, itertools.chain.from_iterable(rounds)))

    def add_plan(self, plan: Plan) -> None:
        """Ask a plan too from now on.

        Args:
            plan: Chooses among the requests.
        """
        with self._lock:
            self._plans.append(plan)

    def clear(self) -> None:
        """Drop all replies that are still due, and all plans."""
        with self._lock:
            self._plans.clear()
            self._due.clear()

    def next(self, request: Request) -> Reply | None:
        """Take the reply that is due for a request; `None` if the normal answer is."""
        with self._lock:
            planned = [plan.due(request) for plan in self._plans]
            for script in tuple(self._due):
                if not script.target.includes(request):
                    continue
                reply = next(script.replies, None)
                if reply is not None:
                    return reply
                self._due.remove(script)
            return next((reply for reply in planned if reply is not None), None)


@dataclass(eq=False)
class _Script:
    target: Target
    replies: Iterator[Reply]
