"""The log of requests: what came in and what was answered, never a key."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_nao.simulator.request import Request
    from pulumi_nao.simulator.scripts import Target
    from pulumi_nao.simulator.world import BackgroundJob

REDACTED = "(redacted)"
_SECRET_NAMES = ("authorization", "cookie", "key", "token")


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
