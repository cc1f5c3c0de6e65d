"""What a program wants, and what is recorded of the last attempt at it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pulumi_nao.models import JOB_NUMBER, SUCCESS, Action, JobState
from pulumi_nao.text import format_moment
from pulumi_nao.values import ANSWER, pointed_at, same, value_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

# Our own words, beside the server's: nobody knows; a person says that it is done.
UNKNOWN = "unknown"
ASSUMED = "assumed"


@dataclass(frozen=True)
class Wanted:
    """What a program wants."""

    action: Action
    base_url: str
    triggers: object = None
    results: Mapping[str, str] = field(default_factory=dict)  # JSON pointers into an answer that names no job
    repeats_unknown: bool = True  # when nobody knows how the last attempt ended
    repeats_failed: bool = True  # at once when the last attempt is found to have failed meanwhile
    assume_done: str | None = None  # when an attempt began that a person has found to be done, as it is recorded


@dataclass(frozen=True)
class Attempt:
    """The last attempt, as it is recorded.

    Attributes:
        status: The server's word, `unknown` when nobody knows, or `assumed` when a person says that it is done.
        message: The server's reason of a failure.
        started_at: By the server's clock if it tells, else by ours, as is `finished_at`.
        answer: What was wanted of an answer that named no job.
    """

    action: Action
    triggers: object
    base_url: str
    job_id: str | None = None
    job_url: str | None = None
    has_finished: bool = False
    status: str = UNKNOWN
    message: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: float | None = None  # seconds
    answer: Mapping[str, Any] | None = field(default=None, repr=False)  # what was wanted of one that named no job

    @classmethod
    def recorded(cls, action: Action, bag: Mapping[str, Any]) -> Attempt | None:
        """Read what `record` has written; `None` where it did not: an alias can bring another kind of resource."""
        base_url, has_finished, status = (bag.get(name) for name in ("base_url", "has_finished", "status"))
        if not (isinstance(base_url, str) and re.match("https?://", base_url)):
            return None
        if not (isinstance(has_finished, bool) and isinstance(status, str)):
            return None
        job_id, job_url, message = (_text(bag.get(name)) for name in ("job_id", "job_url", "message"))
        duration, answer = bag.get("duration"), bag.get("answer")
        return cls(
            action=action,
            triggers=bag.get("triggers"),
            base_url=base_url,
            job_id=job_id if job_id and re.fullmatch(JOB_NUMBER, job_id) else None,
            job_url=job_url,
            has_finished=has_finished,
            status=status,
            message=message,
            started_at=_moment(bag.get("started_at")),
            finished_at=_moment(bag.get("finished_at")),
            duration=duration if isinstance(duration, (int, float)) else None,
            answer=answer if isinstance(answer, dict) else None,
        )

    @property
    def record(self) -> dict[str, Any]:
        """How it ended, for the state."""
        moments = {"started_at": format_moment(self.started_at), "finished_at": format_moment(self.finished_at)}
        return {**{name: getattr(self, name) for name in RECORDED}, **moments}

    @property
    def done(self) -> bool:
        """Whether it is known to have ended in success, or somebody says so."""
        return self.has_finished and self.status in (SUCCESS, ASSUMED)

    @property
    def may_be_running(self) -> bool:
        """Whether there is a job to go on waiting for."""
        return self.job_id is not None and not self.has_finished

    @property
    def is_unknown(self) -> bool:
        """Whether nobody knows how it ended, and there is no job to ask for."""
        return self.job_id is None and not self.has_finished

    def made_for(self, wanted: Wanted) -> bool:
        """Whether it was made for the same body and the same triggers."""
        return same(self.triggers, wanted.triggers) and same(self.action.body, wanted.action.body)

    def seen(self, state: JobState | None, now: datetime) -> Attempt:
        """The attempt after a poll of its job. Our clock counts for a server that tells no times."""
        if state is None:
            return self
        started = state.created_at or self.started_at or now
        finished = (state.updated_at or now) if state.has_finished else None
        return replace(
            self,
            has_finished=state.has_finished,
            status=state.status,
            message=state.message,
            started_at=started,
            finished_at=finished,
            duration=max(0.0, (finished - started).total_seconds()) if finished else None,
        )

    def answered(self, document: object, results: Mapping[str, str], now: datetime) -> Attempt:
        """The attempt when the server has done it at once."""
        found = {name: pointed_at(document, pointer) for name, pointer in results.items()}
        kept = {name: it for name, it in found.items() if it is not None and not value_problems(ANSWER, [it])}
        return replace(self.seen(JobState(has_finished=True, status=SUCCESS), now), answer=kept)

    def assumed(self) -> Attempt:
        """The attempt when a person has found that it was done."""
        return replace(self, has_finished=True, status=ASSUMED)

    def lost(self, *, keeps_url: bool = False) -> Attempt:
        """The attempt when nobody can find out how it ended: there is no job to ask for."""
        job_url = self.job_url if keeps_url else None
        return Attempt(self.action, self.triggers, self.base_url, job_url=job_url, started_at=self.started_at)


# What is recorded of every kind of resource, under the names of its outputs; the others are its kind's affair.
RECORDED = tuple(each.name for each in fields(Attempt) if each.name not in ("action", "triggers", "answer"))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))  # type: ignore[attr-defined] # or it is no text
    except (AttributeError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
