"""What `--json` writes: one JSON object a line, with the names of the resource's outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pulumi_nao.attempt import RECORDED
from pulumi_nao.text import format_moment

if TYPE_CHECKING:
    from pulumi_nao.attempt import Attempt
    from pulumi_nao.cli.endings import Ending
    from pulumi_nao.errors import NaoError
    from pulumi_nao.models import JobState

_NO_ATTEMPT = {**dict.fromkeys(RECORDED), "has_finished": False}


def attempt(named: dict[str, Any], ending: Ending, made: Attempt | None, error: NaoError | None) -> str:
    return _line(named, ending, made.record if made else _NO_ATTEMPT, error)


def job(
    job_id: str, url: str | None, namespace: str, ending: Ending, state: JobState | None, error: NaoError | None
) -> str:
    ended = state if state and state.has_finished else None
    record = {
        "job_url": url,
        "has_finished": ended is not None,
        "status": state.status if state else None,
        "message": state.message if state else None,
        "started_at": format_moment(state.created_at if state else None),
        "finished_at": format_moment(ended.updated_at if ended else None),
        "duration": ended.duration if ended else None,
    }
    return _line({"job_id": job_id, "namespace": namespace}, ending, record, error)


def _line(named: dict[str, Any], ending: Ending, record: dict[str, Any], error: NaoError | None) -> str:
    told = error and {
        "type": type(error).__name__,
        "headline": error.headline,
        "details": [*error.details, *error.advice],
    }
    return json.dumps({**named, "outcome": ending.name.lower(), "exit_code": ending, **record, "error": told})
