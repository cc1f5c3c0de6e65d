"""Which requests a fault hits: the second publication, every look from the third on, one in five by chance."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import TYPE_CHECKING

from pulumi_nao.simulator.checks import checked_id
from pulumi_nao.simulator.faults import FAULTS, Fault, fault
from pulumi_nao.simulator.scripts import Target

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_nao.simulator.replies import Reply
    from pulumi_nao.simulator.request import Request

EXAMPLE = "publish:2=reset-after"
FLAKY_ROUTES = ("publish", "job", "action")
# What a bad network and a busy server do in passing, none of which takes time.
FLAKY_FAULTS = (
    "reset-before",
    "reset-after",
    "hang-up-before",
    "hang-up-after",
    "html-502",
    "html-504",
    "500",
    "500-after",
    "429",
    "429-seconds",
    "503-seconds",
)

_INJECTION = re.compile(
    r"(?P<target>[^/:=]* [^:=]*|[^/:=]*)(/(?P<site>[^:=]*))?(:(?P<which>[^=]*))?=(?P<fault>.*)", re.DOTALL
)
_WHICH = re.compile(r"(?P<first>[1-9][0-9]{0,8})(?P<open>-(?P<last>[1-9][0-9]{0,8})?)?", re.ASCII)


class Injection:
    """A reply for some requests, counted from the first after it was injected.

    Args:
        target: The requests that are counted: a route, or one call such as `PUT sites/910/nao_trackables/batch`.
        reply: What those that are hit get.
        first: The first that is hit, from 1.
        last: The last; `None` for all from the first on.
        site: Count only this site's requests; `None` for all.

    Raises:
        ValueError: An argument makes no sense.
    """

    def __init__(
        self, target: str, reply: Reply, *, first: int = 1, last: int | None = None, site: int | None = None
    ) -> None:
        self.target = Target(target, site)
        self.reply = reply
        self.first = checked_id(first, "first")
        self.last = last
        if last is not None and last < first:
            raise ValueError(f"request {last} comes before request {first}")
        self._count = 0

    def due(self, request: Request) -> Reply | None:
        """Count a request, and say what it gets; `None` for the normal answer."""
        if not self.target.includes(request):
            return None
        self._count += 1
        hit = self.first <= self._count and (self.last is None or self._count <= self.last)
        return self.reply if hit else None


class Flaky:
    """Replies by chance, all with the same one; see `Simulator.flaky`.

    The chance of a request depends on the seed, its route, its site and its number among those alone. So the same
    requests fail however those of several sites mix.
    """

    def __init__(self, share: float, seed: int, replies: Sequence[Reply], routes: Sequence[str]) -> None:
        if not 0 <= share <= 1:
            raise ValueError(f"the share of requests that fail must be from 0 to 1, not {share!r}")
        if not replies:
            raise ValueError("a flaky simulator needs at least one fault")
        self._share = share
        self._seed = seed
        self._replies = replies
        self._routes = {Target(route).name for route in routes}
        self._counts: Counter[tuple[str, int | None]] = Counter()

    def due(self, request: Request) -> Reply | None:
        """Count a request, and say what it gets; `None` for the normal answer."""
        route, site = request.route, request.site
        if route not in self._routes:
            return None
        self._counts[route, site] += 1
        chance = random.Random(f"{self._seed}/{route}/{site}/{self._counts[route, site]}")  # noqa: S311 - no secret
        return chance.choice(self._replies) if chance.random() < self._share else None


def parse_injection(text: str, faults: Mapping[str, Fault] = FAULTS) -> Injection:
    """Read an injection: `ROUTE[/SITE][:WHICH]=FAULT[:SECONDS]`, or a call for the route and its site."""
    found = _INJECTION.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no injection: write ROUTE[/SITE][:WHICH]=FAULT, such as {EXAMPLE}")
    target, site = found["target"], found["site"]
    if site is not None and not re.fullmatch("0*[1-9][0-9]{0,18}", site, re.ASCII):
        raise ValueError(f"{text!r}: {site!r} is no site; write for instance {target}/910")
    try:
        first, last = _which(found["which"])
        reply = fault(found["fault"], faults)
        return Injection(target, reply, first=first, last=last, site=None if site is None else int(site))
    except ValueError as error:
        raise ValueError(f"{text!r}: {error}") from None


def _which(text: str | None) -> tuple[int, int | None]:
    if text is None:
        return 1, None
    found = _WHICH.fullmatch(text)
    if found is None:
        raise ValueError(
            f"{text!r} does not say which requests; write 2 (the second), 2-4, or 2- (from the second on)"
        )
    first = int(found["first"])
    if found["last"]:
        return first, int(found["last"])
    return first, None if found["open"] else first
