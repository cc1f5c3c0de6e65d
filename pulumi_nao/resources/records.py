"""How an attempt stands in a property bag, both ways."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pulumi_nao.lifecycle import Attempt
from pulumi_nao.models import JOB_NUMBER, site_number
from pulumi_nao.text import format_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

Bag = dict[str, Any]


def attempt_in(bag: Mapping[str, Any]) -> Attempt | None:
    """Read the recorded attempt.

    Args:
        bag: A resource's outputs. They may be those of another kind of resource, which an alias turned into this one.

    Returns:
        The attempt; `None` where the bag holds none, so that nobody knows what was published.
    """
    try:
        site_id = site_number(bag.get("site_id"))
    except ValueError:
        return None
    base_url, has_finished, status = (bag.get(name) for name in ("base_url", "has_finished", "status"))
    if not (isinstance(base_url, str) and re.match("https?://", base_url)):
        return None
    if not (isinstance(has_finished, bool) and isinstance(status, str)):
        return None
    job_id, job_url, message = (_text(bag.get(name)) for name in ("job_id", "job_url", "message"))
    duration = bag.get("duration")
    return Attempt(
        site_id=site_id,
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
    )


def outputs_of(attempt: Attempt) -> Bag:
    """Write an attempt as outputs.

    Args:
        attempt: What is to be recorded.
    """
    outputs = {
        "site_id": attempt.site_id,
        "triggers": attempt.triggers,
        "base_url": attempt.base_url,
        "job_id": attempt.job_id,
        "job_url": attempt.job_url,
        "has_finished": attempt.has_finished,
        "status": attempt.status,
        "message": attempt.message,
        "started_at": format_moment(attempt.started_at),
        "finished_at": format_moment(attempt.finished_at),
        "duration": attempt.duration,
    }
    if attempt.triggers is None:  # as in the inputs, where there is no such name then
        del outputs["triggers"]
    return outputs


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))  # type: ignore[attr-defined] # or it is no text
    except (AttributeError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
