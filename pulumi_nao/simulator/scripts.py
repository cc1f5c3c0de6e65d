"""Scripted replies: which requests get one in place of the normal answer, and what is still due."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Protocol

from pulumi_nao.simulator.checks import checked_id
from pulumi_nao.simulator.request import PATH, ROUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pulumi_nao.simulator.replies import Reply
    from pulumi_nao.simulator.request import Request

_CALL = re.compile(f"[A-Z]+ {PATH.pattern}")


class Plan(Protocol):
    """Faults that are chosen request by request."""

    def due(self, request: Request) -> Reply | None:
        """Count a request, and say what it gets; `None` if this plan has nothing for it."""


@dataclass(frozen=True)
class Target:
    """Which requests are meant."""

    name: str  # a route, or one call: `PUT sites/910/nao_trackables/batch`
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
        """Queue replies behind those that are still due."""
        if not replies:
            raise ValueError("a script needs at least one reply")
        if times is not None and times < 1:
            raise ValueError(f"times must be 1 or more, or None for ever, not {times!r}")
        rounds = itertools.repeat(tuple(replies)) if times is None else itertools.repeat(tuple(replies), times)
        with self._lock:
            self._due.append(_Script(target, itertools.chain.from_iterable(rounds)))

    def add_plan(self, plan: Plan) -> None:
        """Ask a plan too from now on."""
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
