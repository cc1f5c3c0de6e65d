"""What `--json` writes: one JSON object a line, with the names of the resource's outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pulumi_nao.text import format_moment

if TYPE_CHECKING:
    from pulumi_nao.attempt import Attempt
    from pulumi_nao.cli.endings import Ending
    from pulumi_nao.errors import NaoError
    from pulumi_nao.models import JobState


_NO_ATTEMPT = {
    **dict.fromkeys(("base_url", "job_id", "job_url")),
    "has_finished": False,
    **dict.fromkeys(("status", "message", "started_at", "finished_at", "duration")),
}


def attempt(named: dict[str, Any], ending: Ending, made: Attempt | None, error: NaoError | None) -> str:
    """Write how an action ended."""
    record = made.record if made else _NO_ATTEMPT
    return _line({**named, **_outcome(ending), **record, "error": _error(error)})


def job(
    job_id: str, url: str | None, namespace: str, ending: Ending, state: JobState | None, error: NaoError | None
) -> str:
    """Write what is known of a job."""
    finished = state is not None and state.has_finished
    return _line(
        {
            "job_id": job_id,
            "namespace": namespace,
            **_outcome(ending),
            "job_url": url,
            "has_finished": finished,
            "status": state.status if state else None,
            "message": state.message if state else None,
            "started_at": format_moment(state.created_at if state else None),
            "finished_at": format_moment(state.updated_at if state and finished else None),
            "duration": state.duration if state and finished else None,
            "error": _error(error),
        }
    )


def _outcome(ending: Ending) -> dict[str, Any]:
    return {"outcome": ending.name.lower(), "exit_code": int(ending)}


def _error(error: NaoError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"type": type(error).__name__, "headline": error.headline, "details": [*error.details, *error.advice]}


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record)
