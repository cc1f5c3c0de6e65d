"""Faults of the answer: it arrives whole, and is not what the API promises."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, cast

from pulumi_nao.simulator.replies import JSON_API, Answer, Connection, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Document = dict[str, Any]


@dataclass(frozen=True)
class ComeBackAt(Reply):
    """A busy server that names the time of day to come back at."""

    status: int
    seconds: float
    after_effect: bool = False

    def send(self, connection: Connection, normal: Answer | None) -> None:  # noqa: ARG002 - another answer
        """Send the answer."""
        moment = connection.now + timedelta(seconds=self.seconds)
        connection.send_answer(Answer(self.status, {"Retry-After": format_datetime(moment, usegmt=True)}))


@dataclass(frozen=True)
class Instead(Reply):
    """The request takes its effect, and another answer than the normal one tells of it."""

    make: Callable[[Answer, Connection], Answer]
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send the other answer; refusals stay as they are."""
        answer = cast("Answer", normal)
        connection.send_answer(self.make(answer, connection) if is_good(answer) else answer)


@dataclass(frozen=True)
class Redirect(Reply):
    """The 303 with another `Location`, or with none; a job that is looked at is answered so, too."""

    location: Callable[[str, str], str] | None
    status: int = 303
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send it; refusals stay as they are."""
        answer = cast("Answer", normal)
        if is_good(answer):
            headers = {}
            if self.location:
                headers["location"] = self.location(connection.origin, f"/api/v2/background_jobs/{job_id(answer)}")
            answer = Answer(self.status, headers, "<html><body>Redirected.</body></html>")
        connection.send_answer(answer)


def with_document(change: Callable[[Document], object]) -> Instead:
    """A job's JSON, changed; a publication is answered with such a document too, as 202."""

    def make(normal: Answer, _connection: Connection) -> Answer:
        document = _document(normal)
        changed = change(document)
        body = document if changed is None else changed
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Answer(200 if _is_document(normal) else 202, {"content-type": JSON_API}, content)

    return Instead(make)


def with_clock(seconds: float) -> Instead:
    """An answer after the server's clock was set: `Date` and the job's `updated_at` show it."""

    def make(normal: Answer, connection: Connection) -> Answer:
        moment = connection.now + timedelta(seconds=seconds)
        headers = {**normal.headers, "date": format_datetime(moment, usegmt=True)}
        if not _is_document(normal):
            return replace(normal, headers=headers)
        document = _document(normal)
        document["data"]["attributes"]["updated_at"] = moment.isoformat(timespec="milliseconds").replace(
            "+00:00", "Z"
        )
        return replace(normal, headers=headers, body=document)

    return Instead(make)


def with_attributes(values: Mapping[str, object], *dropped: str) -> Instead:
    """A job's JSON with other `data.attributes`."""

    def change(document: Document) -> None:
        found = document["data"]["attributes"]
        found.update(values)
        for name in dropped:
            found.pop(name, None)

    return with_document(change)


def is_good(answer: Answer) -> bool:
    """Whether an answer tells of a job."""
    return _is_document(answer) or "location" in answer.headers


def job_id(answer: Answer) -> str:
    """Which job an answer tells of."""
    if _is_document(answer):
        return str(_document(answer)["data"]["id"])
    return answer.headers["location"].rpartition("/")[2]


def _is_document(answer: Answer) -> bool:
    data = None if isinstance(answer.body, (bytes, str)) else answer.body.get("data")
    return isinstance(data, dict) and data.get("type") == "job_watcher"


def _document(answer: Answer) -> Document:
    if _is_document(answer):
        return copy.deepcopy(dict(cast("Document", answer.body)))
    number = job_id(answer)
    attributes = {"id": int(number), "status": "In progress", "message": None, "has_finished": False}
    return {"data": {"id": number, "type": "job_watcher", "attributes": attributes}}
