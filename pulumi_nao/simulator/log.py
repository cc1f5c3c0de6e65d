"""The log of requests: what came in and what was answered, never a key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING, Literal

from pulumi_nao.simulator.scripts import Route, checked_route

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
        route: `publish`, `job`, or `other` for everything that is not one of these two calls.
        headers: By lower-case name; values that may let somebody in are redacted.
        key: Whether the key was `right`, `wrong` or `missing`.
        body_size: Length of the body in bytes.
        status: HTTP status of the answer; `None` if there was none, or none yet.
        job: The job that was started or looked at, as it was then; `None` if there was none.
    """

    time: datetime
    method: str
    path: str
    route: Route
    headers: Mapping[str, str]
    key: KeyVerdict
    body_size: int
    status: int | None = None
    job: BackgroundJob | None = None


class RequestLog:
    """All requests in the order of their arrival; safe to use from many threads."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self._lock = Lock()

    def add(self, request: Request) -> int:
        """Note a request.

        Args:
            request: What came in.

        Returns:
            Its place in the log.
        """
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

    def count(self, route: Route | None = None) -> int:
        """How many requests came in.

        Args:
            route: On which route; `None` for all.

        Raises:
            ValueError: There is no such route.
        """
        if route is None:
            return len(self.all())
        checked_route(route)
        return sum(request.route == route for request in self.all())


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Copy header fields, and leave out whatever may let somebody in.

    Args:
        headers: By lower-case name.
    """
    return {
        name: REDACTED if any(secret in name for secret in _SECRET_NAMES) else value
        for name, value in headers.items()
    }
