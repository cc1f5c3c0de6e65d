"""The simulator's face: start it, tell it what to know, ask it what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi_nao.simulator.actions import Action, Actions, tag_batch
from pulumi_nao.simulator.checks import checked_host
from pulumi_nao.simulator.faults import fault
from pulumi_nao.simulator.injections import FLAKY_FAULTS, FLAKY_ROUTES, Flaky, Injection, parse_injection
from pulumi_nao.simulator.limit import RequestLimit
from pulumi_nao.simulator.log import RequestLog
from pulumi_nao.simulator.routes import Api
from pulumi_nao.simulator.scripts import Scripts, Target
from pulumi_nao.simulator.server import Server, Service
from pulumi_nao.simulator.world import SUCCESS, BackgroundJob, Site, Tag, UtcClock, World, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from pulumi_nao.simulator.replies import Answer, Reply
    from pulumi_nao.simulator.request import Request


def _ignore(_request: Request) -> None:
    pass


def _made(replies: Iterable[Reply | str]) -> list[Reply]:
    return [fault(reply) if isinstance(reply, str) else reply for reply in replies]


class Simulator:
    """A NAO Cloud on this machine, with a state of its own.

    ::

        with Simulator() as nao:
            nao.add_key("k-123")
            nao.add_site(910)
            requests.post(
                f"{nao.url}/api/v2/sites/910/asset_tracking_config/publish",
                headers={"Authorization": "k-123"},
                allow_redirects=False,
            )
            assert nao.publications(910) == 1

    It can be prepared before it is started, asked after it was stopped, and started again on the same port with all
    that it knows. All methods may be called from any thread.

    Args:
        job_seconds: How long a job takes where its site says nothing else. With 0 it has finished when it is first
            looked at; with `math.inf` it runs until `finish_job`.
        first_job_id: The id of the first job; later ones count up from it.
        requests_per_second: Requests over this limit are answered with 429; `None` for no limit.
        clock: Tells the time of day in UTC. Jobs and the limit go by it alone, so that a test which moves its own
            clock never has to wait.
        host: Where to listen: a loopback address or `localhost`.
        port: Port to listen on; 0 for any free one.
        on_request: Called with each request when its exchange is over, in the thread of its connection.

    Raises:
        ValueError: An argument makes no sense, or the host is not this machine alone.
    """

    def __init__(
        self,
        *,
        job_seconds: float = 0.0,
        first_job_id: int = 48145,
        requests_per_second: float | None = None,
        clock: UtcClock = utc_now,
        host: str = "127.0.0.1",
        port: int = 0,
        on_request: Callable[[Request], None] = _ignore,
    ) -> None:
        self._world = World(job_seconds=job_seconds, first_job_id=first_job_id, clock=clock)
        limit = None if requests_per_second is None else RequestLimit(requests_per_second, clock)
        self._actions = Actions()
        self._scripts = Scripts()
        self._log = RequestLog()
        self._service = Service(
            self._world, Api(self._world, self._actions, limit), self._scripts, self._log, on_request
        )
        self._host = checked_host(host)
        self._port = port
        self._url = ""
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = (self._url or "not started") if self._server or not self._url else f"{self._url}, stopped"
        return f"<Simulator {where}: {len(self._world.sites)} sites, {len(self.jobs)} jobs>"

    def start(self) -> None:
        """Listen for requests; entering the simulator as a context does it.

        Raises:
            OSError: Nothing can listen there, for instance because the port is in use.
            RuntimeError: It has been started already.
        """
        if self._server:
            raise RuntimeError(f"the simulator has been started already, on {self._url}")
        self._server = Server(self._host, self._port, self._service)
        self._port = self._server.server_port
        self._url = self._server.url

    def stop(self) -> None:
        """Close all connections and the port. Stopping it twice is no error."""
        server, self._server = self._server, None
        if server:
            server.stop()

    @property
    def url(self) -> str:
        """Its address, or the last one when it was stopped, without a trailing slash.

        Raises:
            RuntimeError: It has not been started yet.
        """
        if not self._url:
            raise RuntimeError("the simulator has no URL before it is started")
        return self._url

    # What it knows

    def add_key(self, key: str, *, sites: Iterable[int] | None = None) -> None:
        """Let a key in, or change what it may do.

        Args:
            key: Printable ASCII without spaces.
            sites: The only sites that it may publish (403 for others); `None` for all.

        Raises:
            ValueError: The key could not travel in a header, or a site's id makes no sense.
        """
        self._world.add_key(key, sites=sites)

    def revoke_key(self, key: str) -> None:
        """Answer the key with 401 from now on. A key that was never added is no error."""
        self._world.revoke_key(key)

    def add_site(
        self,
        site_id: int,
        *,
        graph: bool = True,
        indoor_area: bool = True,
        job_seconds: float | None = None,
    ) -> None:
        """Add a site, or replace one; jobs that were started before stay as they are.

        Args:
            site_id: Its number in URLs.
            graph: Whether it has a graph; its publications fail without one.
            indoor_area: Whether it has an indoor area; its publications fail without one.
            job_seconds: How long its publications take; `None` for the simulator's default.

        Raises:
            ValueError: An argument makes no sense.
        """
        self._world.add_site(Site(site_id, graph, indoor_area, job_seconds))
        for batch in tag_batch(self._world, site_id):
            self._actions.add(batch, replace=False)

    def add_action(
        self,
        method: str,
        path: str,
        answer: Answer | Callable[[Any], Answer | None] | None = None,
        *,
        failure: str | Callable[[Any], str] | None = None,
        job_in_body: bool = False,
        job_seconds: float | None = None,
    ) -> None:
        """Serve another call, or serve one in another way.

        By default it starts a background job, as long calls do by the vendor's documentation, and is answered with
        303 and the job's `Location`. What a call means is unknown here: it changes nothing else::

            nao.add_action("POST", "sites/910/import")
            nao.add_action("POST", "sites/910/import", failure="Column name is missing.")
            nao.add_action("POST", "sites", Answer(201, body={"data": {"id": "7"}}))
            nao.add_action("POST", "sites", lambda body: Answer(422, body={"errors": [{"detail": f"{body} is bad"}]}))

        Key, `Accept` and body are checked as for publications.

        Args:
            method: `POST` or `PUT`.
            path: Beneath `/api/v2/`, without a query. Beneath `sites/910/` it belongs to that site: a key for other
                sites gets 403, and its jobs take as long as the site's.
            answer: What it is answered with when it starts no job: the answer, or a function that makes it of the
                body's JSON (`None` without a body); the function may return `None` for a job. Documented are 201 with
                JSON for a creation, and 422.
            failure: The message with which the job fails, or a function that makes it of the body's JSON; `None` if
                the job succeeds.
            job_in_body: Whether it is answered with 202 and the job as JSON. Documented are the status and that a job
                comes with it; that it comes like this is inferred.
            job_seconds: How long the job takes; `None` for the site's or the simulator's default.

        Raises:
            ValueError: An argument makes no sense, or the simulator has a call of its own there.
        """
        self._actions.add(Action(method, path, answer, failure, job_in_body, job_seconds))

    # What it is made to do

    def finish_job(self, job_id: int | str, *, status: str = SUCCESS, message: str | None = None) -> None:
        """End a running job now.

        Args:
            job_id: The job.
            status: `success`, `failure`, or anything else that a client should be able to bear.
            message: For people; without one, success says `success` and everything else `null`.

        Raises:
            LookupError: There is no such job.
            ValueError: It has already finished.
        """
        self._world.finish_job(int(job_id), status=status, message=message)

    def forget_job(self, job_id: int | str) -> None:
        """Drop a job's record, so that looks at it are answered with 404.

        Args:
            job_id: The job.

        Raises:
            LookupError: There is no such job.
        """
        self._world.forget_job(int(job_id))

    def script(self, target: str, *replies: Reply | str, times: int | None = 1, site: int | None = None) -> None:
        """Say what the next requests of a kind get: one reply each, in order, then normal answers again.

        Scripts queue up. Here, the second publication starts a job, and its answer is lost::

            nao.script("publish", Answer(503, {"Retry-After": "1"}), HangUp(after_effect=True))

        A script for one site lets the requests of other sites pass.

        Args:
            target: A route, which is `publish`, `job`, `action` for the calls of `add_action` and the batch of tags,
                or `other` for everything else; or one call: `PUT sites/910/nao_trackables/batch`.
            *replies: What to reply: an `Answer`, `HangUp`, `Silence` or `Reply` of your own, each of which says
                itself whether the request takes effect first, or the name of a fault, such as `reset-after`.
            times: How often to go through the replies; `None` for ever, that is, until `clear_scripts`.
            site: The only site that is meant: the one in the path, or on `job` the one that the job is about; `None`
                for all requests.

        Raises:
            ValueError: The target or a fault is unknown, there is no reply, `times` or `site` is not above zero, or a
                site is given for requests that belong to none.
        """
        self._scripts.add(Target(target, site), _made(replies), times)

    def inject(self, *injections: str | Injection) -> None:
        """Say which requests meet which faults, beside what is scripted.

        ::

            nao.inject("publish:2=reset-after")  # the second publication
            nao.inject("job:3-5=404", "job/911=silence:5")  # three looks; every look at jobs of site 911

        Requests are counted from now on. A script goes before an injection, an earlier injection before a later one.

        Args:
            *injections: `ROUTE[/SITE][:WHICH]=FAULT[:SECONDS]`, with a call such as `POST sites/910/import` in the
                place of route and site, if you like; `pulumi_nao.simulator.FAULTS` names the faults.

        Raises:
            ValueError: One of them makes no sense; then none is taken.
        """
        for plan in [parse_injection(each) if isinstance(each, str) else each for each in injections]:
            self._scripts.add_plan(plan)

    def flaky(
        self,
        share: float,
        *,
        seed: int,
        faults: Sequence[Reply | str] = FLAKY_FAULTS,
        routes: Sequence[str] = FLAKY_ROUTES,
    ) -> None:
        """Let a share of the requests fail by chance, the same ones for the same seed.

        A request's chance depends on the seed, its route, its site and its number among those, and on nothing else.

        Args:
            share: How many requests fail, from 0 to 1.
            seed: Chooses them.
            faults: Replies or names of faults, all with the same chance; by default what a bad network and a busy
                server do that takes no time.
            routes: The routes that are hit.

        Raises:
            ValueError: An argument makes no sense.
        """
        self._scripts.add_plan(Flaky(share, seed, _made(faults), routes))

    def clear_scripts(self) -> None:
        """Drop all scripted replies that are still due, and all injections."""
        self._scripts.clear()

    # What happened

    @property
    def jobs(self) -> list[BackgroundJob]:
        """The background jobs as they are now, in the order of their start, without the forgotten ones."""
        return self._world.jobs

    def publications(self, site_id: int | None = None) -> int:
        """How many publications were started, for one site or for all; those with forgotten jobs count."""
        return self._world.publications(site_id)

    def actions(self, method: str, path: str) -> list[Any]:
        """What an action was sent each time that it took effect: the JSON of the bodies, `None` for no body.

        An answer from 400 on is a refusal, and had no effect; `requests` have what was sent there.

        Args:
            method: `POST` or `PUT`.
            path: Beneath `/api/v2/`.
        """
        return self._actions.bodies(method, path)

    def tags(self, site_id: int) -> list[Tag]:
        """The tags of a site, in the order in which the last batch had them."""
        return self._world.tags(site_id)

    @property
    def requests(self) -> list[Request]:
        """All requests so far, in the order of their arrival; each is noted before it is answered."""
        return self._log.all()

    def count(self, target: str | None = None) -> int:
        """How many requests came in.

        Args:
            target: A route or a call, as for `script`; `None` for all.

        Raises:
            ValueError: There is no such route.
        """
        return len(self.requests) if target is None else self._log.count(Target(target))
