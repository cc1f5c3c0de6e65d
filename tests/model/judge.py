"""What the project promises, checked against what the server and the user have seen."""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_nao.values import same
from tests.model.cloud import SERVER

LONGEST_CALL = 5000  # requests; far more than a call of an hour makes
DENIALS = 3


class PromiseBroken(AssertionError):
    """One of the promises does not hold."""


class Endless(BaseException):
    """A call makes requests without end."""


@dataclass
class Post:
    """A POST that reached the server, or may have.

    `life` counts how often the resource was made anew, on purpose. A post whose call was killed is an `orphan`: there
    is no record of it, and none is promised. `lost` is a job whose record the server denied.
    """

    name: str
    life: int
    site_id: int
    triggers: object
    job_id: str | None
    unknown: bool = False
    orphan: bool = False
    denied: int = 0

    @property
    def lost(self):
        return self.denied >= DENIALS


@dataclass
class Call:
    """A `Create` or an `Update` while it runs."""

    name: str
    method: str
    life: int
    site_id: int
    triggers: object
    limit: float
    began: float
    posts: list = field(default_factory=list)
    requests: list = field(default_factory=list)


class Judge:
    """Sees every request, every end of a call and every state."""

    def __init__(self, timeline):
        self._timeline = timeline
        self.cloud = None
        self.broken = []
        self.posts = []
        self.requests = 0
        self.call = None
        self.site_id = None

    def require(self, promise, text):
        if not promise:
            self.broken.append(text)

    def conclude(self):
        if self.broken:
            raise PromiseBroken("; ".join(self.broken))

    @contextmanager
    def request(self, server):
        self.require(server == SERVER, f"a request goes to {server}")
        self.requests += 1
        began = self._timeline.seconds
        try:
            yield
        finally:
            if self.call:
                self.call.requests.append((began, self._timeline.seconds))
                if len(self.call.requests) > LONGEST_CALL:
                    raise Endless

    def posted(self, site_id, job):
        """Judge a POST at the moment when it reaches the server."""
        call = self.call
        self.require(call is not None, "a POST outside create and update")
        self.require(site_id == call.site_id, "a POST for another site than the program's")
        self.require(not call.posts, "two POSTs of one call reached the server")
        earlier = [
            post for post in self.posts if (post.name, post.life) == (call.name, call.life) and not post.orphan
        ]
        if earlier and not (earlier[-1].unknown or earlier[-1].lost):
            truth = self.cloud.truth(earlier[-1].job_id)
            self.require(truth.has_finished, "a POST beside a job that still runs")
            self.require(
                truth.status != "success" or not same(earlier[-1].triggers, call.triggers),
                "a POST for what was published already",
            )
        post = Post(call.name, call.life, site_id, call.triggers, None if job is None else str(job.id))
        call.posts.append(post)
        self.posts.append(post)

    def unanswered(self):
        if self.call.posts:
            self.call.posts[-1].unknown = True

    def looked(self, job, *, denied):
        self.require(job.site_id == self.site_id, "a look at the job of another site")
        for post in self.posts:
            if post.job_id == str(job.id) and not post.lost:
                post.denied = post.denied + 1 if denied else 0

    def ended(self, text, record):
        """Judge the end of a call whose result the engine could save.

        Args:
            text: The error; `None` for success.
            record: The outputs that were saved; `None` if none were.
        """
        call, self.call = self.call, None
        self._bounded(call)
        for post in call.posts:
            self.require(record is not None, "an attempt that reached the server is not recorded")
            if record is None:
                continue
            self.require(same(record.get("triggers"), post.triggers), "an attempt is recorded with other triggers")
            if post.unknown:
                self.require("may have started" in (text or ""), "an unknown outcome is not reported")
                self.require(record.get("job_id") is None, "an attempt of unknown outcome is recorded with a job")
            elif record.get("job_id") is None:
                self.require(post.lost, "an accepted job is not recorded")
                self.require("ended in a way nobody knows" in (text or ""), "a lost job is not reported")
            else:
                self.require(record["job_id"] == post.job_id, "another job than the last one is recorded")
        if text is not None:
            first = text.splitlines()[0]
            self.require("Traceback" not in text, f"a traceback reaches the user: {text}")
            self.require("a defect of pulumi-nao" not in text, f"a defect is reported: {text}")
            self.require(f"site {call.site_id}" in first, f"an error does not name its site: {first}")

    def killed(self):
        """End a call whose result nobody can save."""
        call, self.call = self.call, None
        for post in call.posts if call else ():
            post.orphan = True

    def green(self, site_id, triggers):
        """Judge a success: the last job of the site was started for these triggers, and ended in success."""
        started = [post for post in self.posts if post.site_id == site_id and post.job_id and not post.orphan]
        self.require(started, "green, and the site was never published")
        if started:
            truth = self.cloud.truth(started[-1].job_id)
            self.require(
                same(started[-1].triggers, triggers), "green, and the site was last published for other triggers"
            )
            self.require(truth.has_finished and truth.status == "success", f"green, and the job is {truth.status!r}")

    def record(self, outputs):
        """Judge what a state says of a resource."""
        self.require(json.loads(json.dumps(outputs)) == outputs, "a state does not survive JSON")
        self.require(isinstance(outputs.get("status"), str), "a state without a status")
        for name in ("started_at", "finished_at"):
            self.require(_is_moment(outputs.get(name)), f"{name} is no time: {outputs.get(name)!r}")
        if outputs.get("job_id") is None:
            return
        post = next((post for post in self.posts if post.job_id == outputs["job_id"]), None)
        self.require(post is not None, "a job is recorded that was never started")
        if post is None:
            return
        self.require(post.site_id == outputs["site_id"], "the job of another site is recorded")
        self.require(same(post.triggers, outputs.get("triggers")), "a job is recorded with triggers it was not for")
        truth = self.cloud.truth(post.job_id)
        if outputs.get("has_finished"):
            self.require(truth.has_finished, "a running job is recorded as finished")
            self.require(truth.status == outputs["status"], "a job is recorded with another end than its own")

    def _bounded(self, call):
        """No wait outlives its deadline by more than a look."""
        deadline = call.began + call.limit
        end = deadline
        late = 0
        for began, ended in call.requests:
            if began < deadline:
                end = max(end, ended)
            else:
                late += 1
                end += ended - began
        self.require(late <= 1, f"{late} requests begin after the deadline")
        self.require(self._timeline.seconds <= end + 1e-6, "a call goes on after its deadline")


def _is_moment(text):
    try:
        return text is None or datetime.fromisoformat(text.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False
