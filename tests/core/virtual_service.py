"""NAO Cloud in virtual time: the real client, and the simulator's answers, with no wire between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_nao.simulator import Answer
from pulumi_nao.simulator.actions import Actions
from pulumi_nao.simulator.limit import RequestLimit
from pulumi_nao.simulator.routes import Api
from pulumi_nao.simulator.world import Site, World
from tests.core.wireless import WirelessClient, call_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pulumi_nao.cloud.client import NaoClient
    from pulumi_nao.cloud.exchange import Exchange
    from pulumi_nao.cloud.rate_limiter import RateLimiter
    from pulumi_nao.cloud.transport import Request
    from pulumi_nao.simulator.world import UtcClock
    from tests.core.virtual_time import VirtualClock

KEY = "k-0123456789-virtual"
SERVER = "http://127.0.0.1"


class FixedWindow(RequestLimit):
    """Lets so many requests through in each window of so many seconds."""

    def __init__(self, most: int, seconds: float, clock: UtcClock) -> None:
        super().__init__(most / seconds, clock)
        self._most_in_window = most
        self._seconds = seconds
        self._window = 0
        self._count = 0

    def wait_needed(self) -> float:
        now = self._clock().timestamp()
        window = int(now // self._seconds)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        return 0.0 if self._count <= self._most_in_window else (window + 1) * self._seconds - now


class VirtualService:
    """Serves clients in virtual time, and notes what happens when.

    Args:
        clock: The time.
        sites: Those that can be published.
        limit: Of requests, for this clock.
        latency: How long a request is on its way, or the try of a connection (seconds).
        out_of_reach: Why there is no connection at some moment; `None` when there is one.
        down: From when to when looks are answered with 503, in seconds.

    Attributes:
        requests: The method of each request, and when it was sent.
        refused: How many were refused as too many.
        posts: The sites whose publication was accepted, in that order.
        late: For each job that was seen to end, how long after its end (seconds).
        probes: When each question was asked whether the server can be reached.
    """

    def __init__(
        self,
        clock: VirtualClock,
        sites: Iterable[Site],
        limit: Callable[[UtcClock], RequestLimit] | None = None,
        *,
        latency: float = 0.05,
        out_of_reach: Callable[[float], Exception | None] = lambda _now: None,
        down: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.clock = clock
        self.requests: list[tuple[str, float]] = []
        self.refused = 0
        self.posts: list[int] = []
        self.late: list[float] = []
        self.probes: list[float] = []
        self._latency = latency
        self._out_of_reach = out_of_reach
        self._down = down
        world = World(clock=clock.now)
        world.add_key(KEY)
        for site in sites:
            world.add_site(site)
        self._api = Api(world, Actions(), limit(clock.now) if limit else None)

    def client(self, rate_limiter: RateLimiter | None = None) -> NaoClient:
        """Make a client of this service."""
        return WirelessClient(self._serve, KEY, SERVER, clock=self.clock, rate_limiter=rate_limiter)

    def _serve(self, exchange: Exchange, request: Request) -> Answer:
        now = self.clock.time
        if request.path == "background_jobs/0":
            self.probes.append(now)
        trouble = self._out_of_reach(now)
        if trouble:
            self.clock.sleep(min(self._latency, request.seconds))
            raise trouble
        exchange.connected = True
        self.requests.append((request.method, now))
        self.clock.spend(self._latency)
        if request.method == "GET" and self._down[0] <= now < self._down[1]:
            return Answer(503)
        outcome = self._api.handle(call_of(request, KEY, SERVER))
        if outcome.answer.status == 429:
            self.refused += 1
        if outcome.job and request.method == "POST":
            self.posts.append(outcome.job.site_id)
        elif outcome.job and outcome.job.has_finished:
            self.late.append((self.clock.now() - outcome.job.updated_at).total_seconds())
        return outcome.answer
