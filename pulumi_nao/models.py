"""What is asked of NAO Cloud, and its background jobs, as the rest of the package sees them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pulumi_nao.values import LARGEST_INTEGER

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SUCCESS = "success"
DOCUMENTED_STATUSES = (SUCCESS, "failure", "In progress")
WITHHELD = "withheld, as it may repeat the secret body"
METHODS = ("POST", "PUT")
_PATH = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*")
JOB_NUMBER = "[0-9]{1,20}"  # for regular expressions


@dataclass(frozen=True)
class JobState:
    """What one look at a job showed. All text is printable and free of the key.

    Attributes:
        has_finished: Whether the job is over; this alone decides (documented).
        status: `success`, `failure` or `In progress` (documented); others are possible.
        message: The reason of a failure; otherwise of no meaning (documented).
        created_at: When the job began, if the server says so (seen in one documented example).
        updated_at: When the job last changed, if the server says so.
        retry_after: Seconds to wait before the next look, if the server says so (not documented).
    """

    has_finished: bool
    status: str
    message: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    retry_after: float | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the job is over and ended in `success`."""
        return self.has_finished and self.status == SUCCESS

    @property
    def duration(self) -> float | None:
        """Seconds between the job's own times; `None` if it does not tell."""
        if self.created_at is None or self.updated_at is None:
            return None
        return max(0.0, (self.updated_at - self.created_at).total_seconds())


@dataclass(frozen=True)
class Action:
    """What is asked of the server: one request, which it may answer with a background job.

    Attributes:
        name: What errors and reports call it: `publication of site 910`, `PUT sites/910/nao_trackables/batch`.
        path: Its address below `/api/v2/`.
        method: `POST` or `PUT`.
        body: Sent as JSON; `None` for none.
        needs_job: Whether an answer that names no job makes no sense.
        is_secret: Whether the body is; then no word of the server's is kept or shown, for it may repeat the body.
    """

    name: str
    path: str
    method: str = "POST"
    body: object = field(default=None, repr=False)
    needs_job: bool = False
    is_secret: bool = False


@dataclass(frozen=True)
class Done:
    """An answer that names no job: the server has done at once what was asked of it.

    Attributes:
        document: The answer's JSON; `None` where it had no body.
    """

    document: object = field(default=None, repr=False)


def action_problems(method: object, path: object) -> list[str]:
    """Say what makes a method or a path unusable, without repeating it."""
    found = []
    if not isinstance(path, str) or not _PATH.fullmatch(path):
        found.append(
            "path: write the address below /api/v2/, such as sites/910/import: "
            "letters, digits, _ and -, joined by single slashes"
        )
    elif path.lower().partition("/")[0] == "api":
        found.append("path: leave off what every address begins with, api/v2/")
    elif path.lower().partition("/")[0] == "sessions":
        found.append("path: sessions is where keys are made; it is no place for a call that is recorded")
    if method not in METHODS:
        found.append(f"method: write one of {', '.join(METHODS)}")
    return found


def publication(site_id: int) -> Action:
    """The publication of a site's tracking configuration (documented)."""
    path = f"sites/{site_id}/asset_tracking_config/publish"
    return Action(f"publication of site {site_id}", path, needs_job=True)


def site_number(value: object) -> int:
    """Bring a site's id into its one form, or raise `ValueError`: `910`, `"910"` and `910.0` are the same site."""
    number = value
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= len(str(LARGEST_INTEGER)):
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < LARGEST_INTEGER:
        raise ValueError("write the site's number, such as 910: a whole number above 0")
    return number


@dataclass(frozen=True)
class Job:
    """A background job of NAO Cloud, and the way to look at it.

    Attributes:
        operation: What the job does: `publication of site 910`.
        id: Its id, digits.
        url: Where it is looked at.
        poll: Asks the server once for the job's state; takes a deadline for it, and raises `PollFailed`.
    """

    operation: str
    id: str
    url: str
    poll: Callable[..., JobState] = field(repr=False)
