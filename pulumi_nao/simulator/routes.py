"""What each request is answered with: routes, errors, bodies and headers of the simulated NAO Cloud.

What of it is documented, inferred or unknown stands in the package's docstring.
"""

from __future__ import annotations

import html
import json
import math
import re
import time
import uuid
from dataclasses import dataclass, replace
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from pulumi_nao.simulator.replies import HTML, JSON_API, Answer
from pulumi_nao.simulator.request import BASE_PATH, Route
from pulumi_nao.simulator.world import BackgroundJob, NoAccess, NoSuchResource, UnknownKey, World

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pulumi_nao.simulator.actions import Action, Actions
    from pulumi_nao.simulator.limit import RequestLimit

_PUBLISH_PATH = re.compile(r"/api/v2/sites/([0-9]{1,20})/asset_tracking_config/publish")
_JOB_PATH = re.compile(r"/api/v2/background_jobs/([0-9]{1,20})")
_PATHS: tuple[tuple[Route, str, re.Pattern[str]], ...] = (
    ("publish", "POST", _PUBLISH_PATH),
    ("job", "GET", _JOB_PATH),
)
_JSON_RANGES = {"*/*", "application/*", "application/json", JSON_API}


@dataclass(frozen=True)
class Call:
    """A request, as far as its answer depends on it."""

    method: str
    path: str
    headers: Mapping[str, str]  # by lower-case name
    body: bytes
    origin: str  # where the client reached the server

    @cached_property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """What the body says; `None` without one, and if it is no JSON."""
        return json.loads(self.body) if _is_json(self.body) else None

    @property
    def key(self) -> str:
        """The bare token; empty if there is none. A scheme such as `Bearer` makes it another, unknown token."""
        return self.headers.get("authorization", "")


@dataclass(frozen=True)
class Outcome:
    """The normal answer to a request."""

    answer: Answer
    job: BackgroundJob | None = None


class Api:
    """The simulated calls."""

    def __init__(self, world: World, actions: Actions, limit: RequestLimit | None = None) -> None:
        self._world = world
        self._actions = actions
        self._limit = limit

    def handle(self, call: Call) -> Outcome:
        """Let a request take its effect, and make its answer."""
        began = time.perf_counter()
        outcome = self._outcome(call)
        headers = {
            **outcome.answer.headers,
            "x-request-id": str(uuid.uuid4()),
            "x-runtime": f"{time.perf_counter() - began:.6f}",
            "vary": "Origin,Accept-Encoding",
            "x-frame-options": "SAMEORIGIN",
            "x-content-type-options": "nosniff",
        }
        return replace(outcome, answer=replace(outcome.answer, headers=headers))

    def route(self, call: Call) -> tuple[Route, int | None]:
        """Which of the simulated calls a request is, and which site it is about; `other` if it is none."""
        action = self._actions.find(call.method, call.path)
        if action:
            return "action", action.site
        found = _find(call.path)
        if found is None or call.method != found[1]:
            return "other", None
        route, _, number = found
        return route, number if route == "publish" else self._world.site_of(number)

    def _outcome(self, call: Call) -> Outcome:
        wait = self._limit.wait_needed() if self._limit else 0.0
        if wait:
            retry_after = {"retry-after": str(math.ceil(wait))}
            return _error(HTTPStatus.TOO_MANY_REQUESTS, "The request limit is exceeded.", retry_after)
        found = _find(call.path)
        methods = [found[1]] if found else self._actions.methods(call.path)
        if not methods:
            return _error(HTTPStatus.NOT_FOUND, "There is no such path.")
        if call.method not in methods:
            allowed = ", ".join(methods)
            return _error(HTTPStatus.METHOD_NOT_ALLOWED, f"This path takes {allowed}.", {"allow": allowed})
        return self._refusal(call) or self._effect(call, found[2] if found else 0)

    def _refusal(self, call: Call) -> Outcome | None:
        if not self._world.knows(call.key):
            return _error(HTTPStatus.UNAUTHORIZED, "The credentials are missing or invalid.")
        if not _takes_json(call.headers.get("accept", "*/*")):
            return _error(HTTPStatus.NOT_ACCEPTABLE, "The answer would be JSON.")
        if call.body and not _is_json(call.body):
            return _error(HTTPStatus.BAD_REQUEST, "The body is not valid JSON.")
        return None

    def _effect(self, call: Call, number: int) -> Outcome:
        try:
            action = self._actions.find(call.method, call.path)
            if action:
                return self._act(action, call)
            if call.method == "POST":
                job = self._world.publish(call.key, number)
                return Outcome(_see_other(call.origin, job), job)
            job = self._world.job(call.key, number)
            return Outcome(_job_answer(HTTPStatus.OK, job), job)
        except UnknownKey as error:  # revoked since it was looked up
            return _error(HTTPStatus.UNAUTHORIZED, str(error))
        except NoAccess as error:
            return _error(HTTPStatus.FORBIDDEN, str(error))
        except NoSuchResource as error:
            return _error(HTTPStatus.NOT_FOUND, str(error))

    def _act(self, action: Action, call: Call) -> Outcome:
        self._world.require_access(call.key, action.site)
        answer = action.answer(call.json) if callable(action.answer) else action.answer
        if answer is None or answer.status < HTTPStatus.BAD_REQUEST:
            self._actions.note(action, call.json)
        if answer is not None:
            return Outcome(answer)
        failure = action.failure(call.json) if callable(action.failure) else action.failure
        job = self._world.start_job(action.site, failure=failure, seconds=action.job_seconds)
        in_body = _job_answer(HTTPStatus.ACCEPTED, job)
        return Outcome(in_body if action.job_in_body else _see_other(call.origin, job), job)


def job_document(job: BackgroundJob) -> dict[str, object]:
    """Write a job as its GET answers it."""
    return {
        "data": {
            "id": str(job.id),
            "type": "job_watcher",
            "attributes": {
                "id": job.id,
                "name": None,
                "description": None,
                "status": job.status,
                "message": job.message,
                "created_at": _timestamp(job.created_at),
                "updated_at": _timestamp(job.updated_at),
                "has_finished": job.has_finished,
            },
        },
    }


def _find(path: str) -> tuple[Route, str, int] | None:
    """Which call a path belongs to, its method, and the number of the site or job in it."""
    for route, method, pattern in _PATHS:
        found = pattern.fullmatch(path)
        if found:
            return route, method, int(found[1])
    return None


def _job_answer(status: HTTPStatus, job: BackgroundJob) -> Answer:
    return Answer(status, {"content-type": JSON_API}, job_document(job))


def _see_other(origin: str, job: BackgroundJob) -> Answer:
    location = f"{origin}{BASE_PATH}background_jobs/{job.id}"
    headers = {
        "location": location,
        "content-type": HTML,
        "cache-control": "no-cache",
        "transfer-encoding": "chunked",
        "connection": "close",
    }
    link = html.escape(location)
    body = f'<html><body>You are being <a href="{link}">redirected</a>.</body></html>'
    return Answer(HTTPStatus.SEE_OTHER, headers, body)


def _error(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Outcome:
    error = {"status": str(status.value), "title": status.phrase, "detail": detail}
    return Outcome(Answer(status, {"content-type": JSON_API, **(headers or {})}, {"errors": [error]}))


def _takes_json(accept: str) -> bool:
    for choice in accept.lower().split(","):
        media_range, *parameters = (part.strip() for part in choice.split(";"))
        refused = any(re.fullmatch(r"q=0(\.0*)?", parameter) for parameter in parameters)
        if media_range in _JSON_RANGES and not refused:
            return True
    return False


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
