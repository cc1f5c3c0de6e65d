"""What the simulated NAO Cloud knows: keys, sites, their tags and background jobs. Pure state, without HTTP.

Nothing here runs by itself: what a job looks like is worked out from the clock whenever somebody asks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from threading import RLock

from pulumi_nao.simulator.checks import checked_id, checked_key, checked_seconds

IN_PROGRESS = "In progress"
SUCCESS = "success"
FAILURE = "failure"
MISSING_GRAPH_OR_INDOOR_AREA = "Missing graph or indoor area. Please add."

UtcClock = Callable[[], datetime]


class UnknownKey(Exception):
    """The key is missing, was never added, or was revoked."""


class NoAccess(Exception):
    """The key is good, but not for this site."""


class NoSuchResource(Exception):
    """There is no such site or background job."""


def utc_now() -> datetime:
    """The machine's time of day in UTC."""
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Site:
    """A site that may be published."""

    id: int
    graph: bool = True
    indoor_area: bool = True
    job_seconds: float | None = None


@dataclass(frozen=True)
class Tag:
    """A tag of a site.

    Attributes:
        name: For people.
        tracking_id: What it is recognised by, for instance `AA:BB:CC:44:55:66`.
    """

    name: str
    tracking_id: str


@dataclass(frozen=True)
class BackgroundJob:
    """A background job as it was at the moment of asking.

    Attributes:
        id: Its number in URLs.
        site_id: The site that it is about; `None` for an action that names no site.
        created_at: When it was started (UTC).
        updated_at: When its status last changed (UTC).
        duration: Seconds from its start to its end, also while it runs; `math.inf` if it ends only by
            `Simulator.finish_job`.
        has_finished: Whether it has ended, in whatever way.
        status: `In progress`, `success`, `failure`, or what `Simulator.finish_job` was given.
        message: `None` while it runs, `success` after success, the reason after a failure.
    """

    id: int
    site_id: int | None
    created_at: datetime
    updated_at: datetime
    duration: float
    has_finished: bool
    status: str
    message: str | None


@dataclass(frozen=True)
class _Course:
    """What was settled when a job started: when it ends, and how."""

    id: int
    site_id: int | None
    began: float
    ends: float
    status: str
    message: str | None

    def seen_at(self, now: float) -> BackgroundJob:
        has_finished = now >= self.ends
        return BackgroundJob(
            id=self.id,
            site_id=self.site_id,
            created_at=_moment(self.began),
            updated_at=_moment(self.ends if has_finished else self.began),
            duration=self.ends - self.began,
            has_finished=has_finished,
            status=self.status if has_finished else IN_PROGRESS,
            message=self.message if has_finished else None,
        )


class World:
    """Keys, sites, their tags and background jobs, safe to use from many threads."""

    def __init__(self, *, job_seconds: float = 0.0, first_job_id: int = 48145, clock: UtcClock = utc_now) -> None:
        self._job_seconds = checked_seconds(job_seconds)
        self._next_job_id = checked_id(first_job_id, "first_job_id")
        self._clock = clock
        self._lock = RLock()
        self._keys: dict[str, frozenset[int] | None] = {}
        self._sites: dict[int, Site] = {}
        self._jobs: dict[int, _Course] = {}
        self._tags: dict[int, list[Tag]] = {}
        self._sites_of_jobs: dict[int, int | None] = {}  # of the forgotten ones too
        self._publications: Counter[int] = Counter()

    def now(self) -> datetime:
        """The time of day in UTC."""
        return self._clock().astimezone(timezone.utc)

    def add_key(self, key: str, *, sites: Iterable[int] | None = None) -> None:
        """Let a key in, or change what it may do."""
        allowed = None if sites is None else frozenset(checked_id(site, "site") for site in sites)
        with self._lock:
            self._keys[checked_key(key)] = allowed

    def revoke_key(self, key: str) -> None:
        """Answer the key with 401 from now on. A key that was never added is no error."""
        with self._lock:
            self._keys.pop(key, None)

    def knows(self, key: str) -> bool:
        """Whether the key is let in."""
        with self._lock:
            return key in self._keys

    def add_site(self, site: Site) -> None:
        """Add a site, or replace one; jobs that were started before stay as they are."""
        checked_id(site.id, "site")
        if site.job_seconds is not None:
            checked_seconds(site.job_seconds)
        with self._lock:
            self._sites[site.id] = site

    @property
    def sites(self) -> list[Site]:
        """The sites, in the order in which they were added."""
        with self._lock:
            return list(self._sites.values())

    @property
    def jobs(self) -> list[BackgroundJob]:
        """The background jobs as they are now, in the order of their start, without the forgotten ones."""
        with self._lock:
            now = self._seconds()
            return [course.seen_at(now) for course in self._jobs.values()]

    def publications(self, site_id: int | None = None) -> int:
        """How many publications were started, for one site or for all; those with forgotten jobs count."""
        with self._lock:
            return sum(self._publications.values()) if site_id is None else self._publications[site_id]

    def publish(self, key: str, site_id: int) -> BackgroundJob:
        """Start a publication of a site. Another one that still runs makes no difference (unknown)."""
        with self._lock:
            self._require_key(key)
            site = self._sites.get(site_id)
            if site is None:
                raise NoSuchResource(f"There is no site {site_id}.")
            self.require_access(key, site_id)
            self._publications[site_id] += 1
            complete = site.graph and site.indoor_area
            return self.start_job(site_id, failure=None if complete else MISSING_GRAPH_OR_INDOOR_AREA)

    def start_job(
        self, site_id: int | None, *, failure: str | None = None, seconds: float | None = None
    ) -> BackgroundJob:
        """Start a job: without `failure` it succeeds, without `seconds` it takes as long as those of its site."""
        with self._lock:
            if seconds is None and site_id in self._sites:
                seconds = self._sites[site_id].job_seconds
            began = self._seconds()
            job_id = self._next_job_id
            self._next_job_id += 1
            self._sites_of_jobs[job_id] = site_id
            self._jobs[job_id] = _Course(
                id=job_id,
                site_id=site_id,
                began=began,
                ends=began + (self._job_seconds if seconds is None else seconds),
                status=SUCCESS if failure is None else FAILURE,
                message=SUCCESS if failure is None else failure,
            )
            return self._jobs[job_id].seen_at(began)

    def require_access(self, key: str, site_id: int | None) -> None:
        """See whether a key may act on a site, or on what belongs to none."""
        with self._lock:
            self._require_key(key)
            sites = self._keys[key]
            if not (sites is None or site_id is None or site_id in sites):
                raise NoAccess(f"The credentials give no access to site {site_id}.")

    def tags(self, site_id: int) -> list[Tag]:
        """The tags of a site, in the order in which they were sent; none for a site that nobody added."""
        with self._lock:
            return list(self._tags.get(site_id, []))

    def set_tags(self, site_id: int, tags: Iterable[Tag]) -> None:
        """Replace all tags of a site."""
        with self._lock:
            self._tags[site_id] = list(tags)

    def job(self, key: str, job_id: int) -> BackgroundJob:
        """Look at a background job."""
        with self._lock:
            self._require_key(key)
            course = self._jobs.get(job_id)
            if course is None:
                raise NoSuchResource(f"There is no background job {job_id}.")
            self.require_access(key, course.site_id)
            return course.seen_at(self._seconds())

    def site_of(self, job_id: int) -> int | None:
        """Which site a job is about, also when it was forgotten; `None` if there is none or no such job."""
        with self._lock:
            return self._sites_of_jobs.get(job_id)

    def finish_job(self, job_id: int, *, status: str, message: str | None) -> None:
        """End a running job now; success without a message says `success`."""
        with self._lock:
            now = self._seconds()
            course = self._known_course(job_id)
            if now >= course.ends:
                raise ValueError(f"background job {job_id} has already finished with {course.status!r}")
            if message is None and status == SUCCESS:
                message = SUCCESS
            self._jobs[job_id] = replace(course, ends=now, status=status, message=message)

    def forget_job(self, job_id: int) -> None:
        """Drop a job's record, so that looks at it are answered with 404."""
        with self._lock:
            del self._jobs[self._known_course(job_id).id]

    def _seconds(self) -> float:
        return self._clock().timestamp()

    def _known_course(self, job_id: int) -> _Course:
        if job_id not in self._jobs:
            raise LookupError(f"there is no background job {job_id}; the jobs are {list(self._jobs)}")
        return self._jobs[job_id]

    def _require_key(self, key: str) -> None:
        if key not in self._keys:
            raise UnknownKey("The credentials are missing or invalid.")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)
