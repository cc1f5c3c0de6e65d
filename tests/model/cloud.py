"""NAO Cloud without sockets: the simulator's answers, and the weather where the wire would be."""

import ssl
from dataclasses import dataclass, field, replace
from itertools import chain, repeat

from pulumi_nao.cloud.exchange import AnswerTimeout
from pulumi_nao.simulator import Answer as HttpAnswer
from pulumi_nao.simulator.actions import Actions
from pulumi_nao.simulator.routes import Api, job_document
from pulumi_nao.simulator.world import Site, World
from tests.core.wireless import call_of

KEY = "k-0123456789-model"
SERVER = "https://nao.example.com"
UNCONNECTED = {"no connection": ConnectionRefusedError, "bad certificate": ssl.SSLCertVerificationError}
UNANSWERED = ("started, not answered", "lost")
REFUSALS = {"401": 401, "403": 403, "404": 404, "429": 429, "denied": 401, "not found": 404, "trouble": 502}
MISLEADING = {"early success": "success", "odd": "queued"}


@dataclass(frozen=True)
class Answer:
    """What a request meets, how long it takes, and what a busy server asks for."""

    kind: str
    seconds: float = 0.0
    retry_after: float | None = None


GOOD_POST = Answer("accepted")
GOOD_LOOK = Answer("shown")


@dataclass
class Weather:
    """What the requests of one process meet, one after another; then the last of each kind for ever."""

    posts: list = field(default_factory=list)
    looks: list = field(default_factory=list)
    later_posts: Answer = GOOD_POST
    later_looks: Answer = GOOD_LOOK

    def __post_init__(self):
        self.next_post = chain(self.posts, repeat(self.later_posts)).__next__
        self.next_look = chain(self.looks, repeat(self.later_looks)).__next__


class NaoCloud:
    """The server, whose truth is the simulator's."""

    def __init__(self, timeline, judge):
        self.judge = judge
        self.world = World(clock=timeline.now)
        self.world.add_key(KEY)
        self.api = Api(self.world, Actions())
        self.forgotten = set()

    def set_site(self, site_id, *, good=True, job_seconds=0.0):
        self.world.add_site(Site(site_id, graph=good, job_seconds=job_seconds))

    def truth(self, job_id):
        return next(job for job in self.world.jobs if job.id == int(job_id))


class Wire:
    """Between one process and the server: every request meets the weather, and the judge sees it."""

    def __init__(self, cloud, weather, clock, server):
        self._cloud = cloud
        self._judge = cloud.judge
        self._weather = weather
        self._clock = clock
        self._server = server

    def serve(self, exchange, request):
        posting = request.method != "GET"
        met = self._weather.next_post() if posting else self._weather.next_look()
        with self._judge.request(self._server):
            if met.kind in UNCONNECTED:
                self._clock.receive(met.seconds, grace=0.0)
                raise UNCONNECTED[met.kind]
            exchange.connected = True
            there = min(met.seconds / 2, request.grace)
            self._clock.spend(there)
            call = call_of(request, KEY, SERVER)
            outcome = self._post(call, met.kind) if posting else self._cloud.api.handle(call)
            self._clock.request_arrived()
            came = self._clock.receive(min(met.seconds, request.seconds) - there, request.grace)
            if met.kind in UNANSWERED or not came or met.seconds > request.seconds:
                if posting:
                    self._judge.unanswered()
                raise AnswerTimeout
            answer = self._answer(met, outcome)
            if outcome and outcome.job and not posting:
                self._judge.looked(outcome.job, denied=answer.status == REFUSALS["not found"])
            return answer

    def _post(self, call, kind):
        """Let a POST take effect, unless it is refused or lost on its way."""
        if kind in REFUSALS:
            return None
        outcome = None if kind == "lost" else self._cloud.api.handle(call)
        _, site_id = self._cloud.api.route(call)
        self._judge.posted(site_id, outcome and outcome.job)
        return outcome

    def _answer(self, met, outcome):
        job = outcome.job if outcome else None
        kind = "not found" if job and str(job.id) in self._cloud.forgotten else met.kind
        if kind in REFUSALS:
            answer = HttpAnswer(REFUSALS[kind])
        elif kind == "senseless":
            answer = HttpAnswer(200, body={})
        elif kind in MISLEADING and job and not job.has_finished:
            answer = HttpAnswer(200, body=job_document(replace(job, status=MISLEADING[kind])))
        else:
            answer = outcome.answer
        waits = {} if met.retry_after is None else {"Retry-After": f"{met.retry_after:.0f}"}
        return replace(answer, headers={**answer.headers, **waits})
