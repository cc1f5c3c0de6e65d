"""What `--json` writes: one JSON object a line, with the names of the resource's outputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pulumi_nao.text import format_moment

if TYPE_CHECKING:
    from pulumi_nao.cli.endings import Ending
    from pulumi_nao.errors import NaoError
    from pulumi_nao.lifecycle import Attempt
    from pulumi_nao.models import JobState


def publication(site_id: int, namespace: str, ending: Ending, attempt: Attempt | None, error: NaoError | None) -> str:
    """Write how the publication of a site ended.

    Args:
        site_id: The site.
        namespace: Its account.
        ending: Its exit code.
        attempt: What is known of the attempt; `None` when there was none.
        error: What went wrong.
    """
    return _line(
        {
            "site_id": site_id,
            "namespace": namespace,
            **_outcome(ending),
            "base_url": attempt.base_url if attempt else None,
            "job_id": attempt.job_id if attempt else None,
            "job_url": attempt.job_url if attempt else None,
            "has_finished": attempt.has_finished if attempt else False,
            "status": attempt.status if attempt else None,
            "message": attempt.message if attempt else None,
            "started_at": format_moment(attempt.started_at if attempt else None),
            "finished_at": format_moment(attempt.finished_at if attempt else None),
            "duration": attempt.duration if attempt else None,
            "error": _error(error),
        }
    )


def job(
    job_id: str, url: str | None, namespace: str, ending: Ending, state: JobState | None, error: NaoError | None
) -> str:
    """Write what is known of a job.

    Args:
        job_id: The job.
        url: Where it is looked at.
        namespace: The account.
        ending: The exit code.
        state: Its last known state.
        error: What went wrong.
    """
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
