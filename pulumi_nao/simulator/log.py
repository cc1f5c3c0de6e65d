"""The log of requests: what came in and what was answered, never a key."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from pulumi_nao.simulator.scripts import BASE_PATH, Route, Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pulumi_nao.simulator.world import BackgroundJob

KeyVerdict = Literal["right", "wrong", "missing"]
REDACTED = "(redacted)"
_SECRET_NAMES = ("authorization", "cookie", "key", "token")


@dataclass(frozen=True)
class Request:
    """A request, and what became of it so far.

    Attributes:
        time: When it came in (UTC).
        method: `POST`, `GET`…
        path: Without the query.
        route: `publish`, `job`, `action` (see `Simulator.add_action`), or `other` for everything else.
        site: The site in the path, or the one of the job that is looked at; `None` if there is none.
        headers: By lower-case name; values that may let somebody in are redacted.
        key: Whether the key was `right`, `wrong` or `missing`.
        body_size: Length of the body in bytes.
        body: What an action was sent, of its JSON; left out of the `repr`, since it may hold secrets.
        status: HTTP status of the answer; `None` if there was none, or none yet.
        job: The job that was started or looked at, as it was then; `None` if there was none.
    """

    time: datetime
    method: str
    path: str
    route: Route
    site: int | None
    headers: Mapping[str, str]
    key: KeyVerdict
    body_size: int
    body: Any = field(repr=False)
    status: int | None = None
    job: BackgroundJob | None = None

    @property
    def call(self) -> str:
        """Method and path as an action is named: `PUT sites/910/nao_trackables/batch`."""
        return f"{self.method} {self.path.removeprefix(BASE_PATH)}"


class RequestLog:
    """All requests in the order of their arrival; safe to use from many threads."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._lock = Lock()

    def add(self, request: Request) -> int:
        """Note a request, and return its place in the log."""
        with self._lock:
            self._requests.append(request)
            return len(self._requests) - 1

    def note_job(self, place: int, job: BackgroundJob | None) -> None:
        """Note which job a request was about."""
        with self._lock:
            self._requests[place] = replace(self._requests[place], job=job)

    def note_status(self, place: int, status: int) -> None:
        """Note with which status a request is answered."""
        with self._lock:
            self._requests[place] = replace(self._requests[place], status=status)

    def __getitem__(self, place: int) -> Request:
        with self._lock:
            return self._requests[place]

    def all(self) -> list[Request]:
        """The requests so far."""
        with self._lock:
            return list(self._requests)

    def count(self, target: Target) -> int:
        """How many requests came in."""
        return sum(target.includes(request) for request in self.all())


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Copy header fields, and leave out whatever may let somebody in."""
    return {
        name: REDACTED if any(secret in name for secret in _SECRET_NAMES) else value
        for name, value in headers.items()
    }
