"""NAO Cloud without sockets: the simulator's world, and a client that meets the weather where the wire would be."""

from dataclasses import dataclass, field
from itertools import chain, repeat

from pulumi_nao.cloud.rate_limiter import BUSY_PATIENCE
from pulumi_nao.errors import (
    AccessDenied,
    HeldBack,
    KeyNotAccepted,
    MayHaveStarted,
    NotSent,
    PollDenied,
    PollFailed,
    PollNotFound,
    PollSenseless,
    Rejected,
    ServerUnreachable,
    TooManyRequests,
)
from pulumi_nao.models import Job, JobState, publication
from pulumi_nao.simulator.world import NoSuchResource, Site, World

KEY = "k-0123456789-model"
SERVER = "https://nao.example.com"
POST_GRACE = 10.0
LOOK_GRACE = 1.0


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
        self.forgotten = set()

    def set_site(self, site_id, *, good=True, job_seconds=0.0):
        self.world.add_site(Site(site_id, graph=good, job_seconds=job_seconds))

    def truth(self, job_id):
        return next(job for job in self.world.jobs if job.id == int(job_id))


class CloudClient:
    """Stands in for `NaoClient`, with its errors and its habits after a cancel."""

    def __init__(self, cloud, weather, base_url, clock, rate_limiter, circuit):
        self.base_url = base_url
        self._rate_limiter = rate_limiter
        self._circuit = circuit
        self._cloud = cloud
        self._judge = cloud.judge
        self._weather = weather
        self._clock = clock

    def ensure_reachable(self, operation, deadline):
        reason = self._circuit.refusal(deadline, self._probe)
        if reason:
            raise ServerUnreachable(operation, SERVER, reason, may_pass=True)

    def _probe(self, seconds):
        answer = self._weather.next_look()
        with self._judge.request(self.base_url):
            self._clock.request_arrived()
            if not self._clock.receive(min(answer.seconds, seconds), LOOK_GRACE) or answer.seconds > seconds:
                raise PollFailed("no answer in time")

    def start(self, action, deadline=None):
        operation, site_id = action.name, int(action.path.split("/")[1])
        number = self._rate_limiter.acquire(deadline, BUSY_PATIENCE)
        if self._clock.cancelled:
            raise NotSent("cancelled before it began", operation=operation)
        if number is None or (deadline is not None and not deadline.remaining):
            raise HeldBack(operation, "NAO Cloud limits requests")
        with self._judge.request(self.base_url):
            return self._post(operation, site_id, self._weather.next_post(), number)

    def _post(self, operation, site_id, answer, number):
        if answer.kind in ("no connection", "bad certificate"):
            self._clock.receive(answer.seconds, POST_GRACE)
            may_pass = answer.kind == "no connection"
            if may_pass:
                self._circuit.failed(answer.kind)
            raise ServerUnreachable(operation, SERVER, answer.kind, may_pass=may_pass)
        self._clock.spend(answer.seconds / 2)
        job = None
        if answer.kind in ("accepted", "started, not answered"):
            job = self._cloud.world.publish(KEY, site_id)
        if answer.kind in ("accepted", "started, not answered", "lost"):
            self._judge.posted(site_id, job)
        self._clock.request_arrived()
        in_time = self._clock.receive(answer.seconds / 2, POST_GRACE)
        self._note(number, answer)
        if answer.kind == "429":
            busy = TooManyRequests(operation, "429 Too Many Requests")
            busy.retry_after = answer.retry_after
            raise busy
        refusals = {"401": KeyNotAccepted, "403": AccessDenied, "404": Rejected}
        if answer.kind in refusals:
            raise refusals[answer.kind](operation, answer.kind)
        if answer.kind != "accepted" or not in_time:
            self._judge.unanswered()
            raise MayHaveStarted(operation, "no answer")
        return self.job(str(job.id), operation)

    def job(self, job_id, operation="background job", **_rest):
        def look(deadline=None):
            return self._look(job_id, operation, deadline)

        return Job(operation, job_id, f"{SERVER}/api/v2/background_jobs/{job_id}", look)

    def _look(self, job_id, operation, deadline):
        number = self._rate_limiter.acquire(deadline)
        if number is None:
            raise PollFailed("no look had its turn in time")
        answer = self._weather.next_look()
        with self._judge.request(self.base_url):
            self._clock.spend(min(answer.seconds / 2, LOOK_GRACE))
            self._clock.request_arrived()
            if not self._clock.receive(answer.seconds, LOOK_GRACE):
                raise PollFailed("cancelled")
            self._note(number, answer)
            return self._shown(job_id, operation, answer)

    def _note(self, number, answer):
        if answer.kind not in ("lost", "started, not answered"):
            self._circuit.answered()
        if answer.kind == "429":
            self._rate_limiter.refused(number, answer.retry_after)
        else:
            self._rate_limiter.accepted()

    def _shown(self, job_id, operation, answer):
        failures = {
            "trouble": PollFailed("the server answers 502 Bad Gateway"),
            "429": PollFailed("the server answers 429 Too Many Requests"),
            "denied": PollDenied("the server refuses the key: 401"),
            "not found": PollNotFound("the server does not know the job: 404"),
            "senseless": PollSenseless("the answer is no job"),
        }
        kind = "not found" if job_id in self._cloud.forgotten else answer.kind
        try:
            truth = self._cloud.world.job(KEY, int(job_id))
        except NoSuchResource:
            kind = "not found"
        else:
            self._judge.looked(job_id, operation == publication(truth.site_id).name, denied=kind == "not found")
        if kind in failures:
            failures[kind].retry_after = answer.retry_after
            raise failures[kind]
        status = truth.status
        if not truth.has_finished:
            status = {"early success": "success", "odd": "queued"}.get(kind, status)
        return JobState(
            truth.has_finished, status, truth.message, truth.created_at, truth.updated_at, answer.retry_after
        )
