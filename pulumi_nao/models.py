"""NAO Cloud's background jobs, as the rest of the package sees them; `wire` reads them from answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pulumi_nao.values import LARGEST_INTEGER

if TYPE_CHECKING:
    from datetime import datetime

    from pulumi_nao.waiting.clock import Deadline

SUCCESS = "success"
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


def publication_of(site_id: int) -> str:
    """What errors and reports call the publication of a site.

    Args:
        site_id: The site.
    """
    return f"publication of site {site_id}"


def site_number(value: object) -> int:
    """Bring a site's id into its one form: `910`, `"910"` and `910.0` are the same site.

    Args:
        value: As the program gives it, or as it arrives from Pulumi.

    Raises:
        ValueError: It is no whole number above 0. The message does not repeat it.
    """
    number = value
    if isinstance(number, str) and number.isascii() and number.isdigit() and len(number) <= len(str(LARGEST_INTEGER)):
        number = int(number)
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < LARGEST_INTEGER:
        raise ValueError("write the site's number, such as 910: a whole number above 0")
    return number


class Poll(Protocol):
    """Asking once how a job is."""

    def __call__(self, deadline: Deadline | None = None, /) -> JobState:
        """Ask the server for the job's state.

        Args:
            deadline: How long the request may wait until the server's limit of requests lets it be made.

        Raises:
            PollFailed: It brought no news.
        """


@dataclass(frozen=True)
class Job:
    """A background job of NAO Cloud, and the way to look at it.

    Attributes:
        operation: What the job does: `publication of site 910`.
        id: Its id, digits.
        url: Where it is looked at.
        poll: Asks the server for the job's state.
    """

    operation: str
    id: str
    url: str
    poll: Poll


@dataclass(frozen=True)
class Probe:
    """How the server answered a harmless question.

    Attributes:
        status_code: The HTTP status.
        status: The same with its words, printable: `404 Not Found`.
        is_documented_error: Whether the body is an error of the documented form, JSON with the root `errors`.
        ahead: Seconds that the server's clock is ahead of ours, by its `Date`; `None` when it sent none.
    """

    status_code: int
    status: str
    is_documented_error: bool
    ahead: float | None
