"""Everything that can go wrong, and the words for it.

The tree follows what is known of the call to NAO Cloud when the error is raised::

    NaoError
    ├── NotSent                 nothing left this machine
    │   ├── ConfigurationError  the key or the server is missing or malformed
    │   ├── ServerUnreachable   no connection: name, refusal, certificate
    │   ├── OutcomeNotKnown     an earlier attempt may have done it, and only a person can find out
    │   └── HeldBack            the server limits requests, and its turn did not come in time
    ├── Rejected                the server said no and started nothing
    │   ├── KeyNotAccepted      401
    │   ├── AccessDenied        403
    │   └── TooManyRequests     429, or 503 with `Retry-After`
    ├── MayHaveStarted          sent, and no answer tells what became of it
    ├── JobError                about a job whose id is known
    │   ├── JobFailed           it has finished, and not with success
    │   ├── JobRunsOn           the wait ended before the job did
    │   │   ├── WaitTimedOut    also a `TimeoutError`
    │   │   ├── WaitCancelled
    │   │   └── ContactLost     the key was refused, or the answers make no sense
    │   └── JobGone             the server no longer knows it
    ├── Defect                  this package itself is at fault; with its traceback
    └── PollFailed              a poll of a job brought no news; `jobs.wait` decides what follows
        ├── PollDenied          401 or 403
        ├── PollNotFound        404 or 410
        └── PollSenseless       an answer that is no job

An error holds facts; `headline` and `str(error)` are written from them when somebody reads them.
"""

from __future__ import annotations

import copy
import traceback
from typing import TYPE_CHECKING, Any

from pulumi_nao.models import WITHHELD
from pulumi_nao.text import format_duration

if TYPE_CHECKING:
    from typing_extensions import Self

    from pulumi_nao.models import Job, JobState

ACCESS_ADVICE = ("The tracking API is open to the roles Site creator, Site admin and Tracking manager.",)


class NaoError(Exception):
    """Any failure that this package reports.

    Attributes:
        operation: What was being done: `publication of site 910`; empty where nobody has said it yet.
        reason: Why it failed, in words that do not name the operation.
        details: Further facts of this case, a line each.
        advice: Lines that are the same whichever site is concerned, for instance where a key is looked for.
    """

    advice: tuple[str, ...] = ()
    _news = "{0.reason}"
    _headline = "{0.operation} {0.news}"

    def __init__(self, reason: str, *details: str, operation: str = "") -> None:
        super().__init__(reason)  # alone: `OSError`, which a `TimeoutError` is, has a meaning for a second one
        self.operation = operation
        self.reason = reason
        self.details = details

    @property
    def headline(self) -> str:
        """One line that says what happened, complete on its own."""
        return self._headline.format(self) if self.operation else self.reason

    @property
    def news(self) -> str:
        """What became of the operation, in words that follow its name."""
        return self._news.format(self)

    def __str__(self) -> str:
        """Headline, details and advice, a line each."""
        return self.text()

    def of(self, operation: str) -> Self:
        """The same, told of an operation."""
        told = copy.copy(self)
        told.operation = operation
        return told

    def __reduce__(self) -> tuple[Any, ...]:  # a pool of processes would break of one that cannot be made again
        return _new, (type(self), self.args), self.__dict__

    def text(self, *next_steps: str, advice: bool = True) -> str:
        """Write the error for people.

        Args:
            next_steps: Lines to close with: what the caller's user does next.
            advice: Whether to include `advice`; once per run is enough.
        """
        lines = [*self.details, *(self.advice if advice else ()), *next_steps]
        return "\n".join([self.headline, *(f"  {line}" for line in lines)])


class NotSent(NaoError):
    """Nothing left this machine, so nothing has happened.

    Attributes:
        may_pass: Whether trying again can help.
    """

    may_pass = False
    _news = "not sent: {0.reason}"


class ConfigurationError(NotSent):
    """The key, the server or another setting is missing or malformed."""


class ServerUnreachable(NotSent):
    """No connection to the server could be made.

    Attributes:
        server: The server's URL.
        may_pass: Whether trying again can help; it cannot with a certificate that is not trusted.
    """

    _news = "not sent: cannot connect to {0.server}: {0.reason}"

    def __init__(self, operation: str, server: str, reason: str, *, may_pass: bool) -> None:
        super().__init__(
            reason,
            "Nothing has been sent. Check the server's address, the network and the proxy settings.",
            operation=operation,
        )
        self.server = server
        self.may_pass = may_pass


class HeldBack(NotSent):
    """Other requests came first, and left no time to send it."""

    def __init__(self, operation: str, reason: str) -> None:
        super().__init__(
            f"{reason}, and its turn did not come in time",
            "Allow it more time, or ask for less in one run.",
            operation=operation,
        )


class OutcomeNotKnown(NotSent):
    """An earlier attempt may have done it, doing it twice may do harm, and nobody has settled it yet.

    Attributes:
        ways_on: What a person can do about it, a line each.
    """

    def __init__(self, operation: str, began: str, job_url: str) -> None:
        if began:
            reason = f"nobody knows whether the attempt of {began} was successful"
            known = f"Its job {job_url} has no record any more." if job_url else "It got no answer that tells."
            self.ways_on: tuple[str, ...] = (
                "Look in NAO Cloud whether it was done. If it was, say so of this attempt, in the program:",
                f'  assume_done="{began}"',
                "If it was not, or if doing it twice does no harm:",
                '  if_unknown="again"',
                "A changed body or changed triggers are sent as well.",
            )
        else:
            reason = "nobody knows whether it was done before"
            known = "The state holds no record of this package here."
            self.ways_on = ("Look in NAO Cloud; to have it sent:", '  if_unknown="again"')
        super().__init__(reason, f"{known} {self.ways_on[0]}", *self.ways_on[1:], operation=operation)


class Rejected(NaoError):
    """The server refused the request and started nothing.

    Attributes:
        status: The HTTP status, for instance `404 Not Found`.
        said: The server's own words, made printable; empty if there were none.
        request_id: The server's `x-request-id`, for its support; empty if there was none.
    """

    def __init__(self, operation: str, status: str, said: str = "", request_id: str = "", *details: str) -> None:
        words = (f"The server's words: {said}",) if said else ()
        super().__init__(
            f"refused by the server: {status}", *details, *words, *_support(request_id), operation=operation
        )
        self.status = status
        self.said = said
        self.request_id = request_id

    def text(self, *next_steps: str, advice: bool = True) -> str:
        """As for any error; but one that a whole fleet meets takes a single line after the first time."""
        if self.advice and not advice:
            return f"{self.headline}; what to do is said with the first such error of this run"
        return super().text(*next_steps, advice=advice)


class KeyNotAccepted(Rejected):
    """401: the key is missing, wrong or expired. `advice` says where a key is looked for."""


class AccessDenied(Rejected):
    """403: the key is good, and its user may not do this."""

    advice = ACCESS_ADVICE


class TooManyRequests(Rejected):
    """429, or 503 with `Retry-After`: the server did nothing and wants to be asked later.

    Attributes:
        retry_after: Seconds the server asked to wait; `None` when it did not say.
        in_line: Seconds the request had waited for its turn among others, before it was sent.
    """

    retry_after: float | None = None
    in_line: float = 0.0


class MayHaveStarted(NaoError):
    """The request was sent, and nobody can tell whether a job was started.

    Attributes:
        request_id: The server's `x-request-id`; empty if there was none.
    """

    _news = "may have started: {0.reason}"

    def __init__(self, operation: str, reason: str, request_id: str = "") -> None:
        super().__init__(
            reason,
            "The request was sent, so a job may be running; NAO Cloud offers no way to look it up.",
            *_support(request_id),
            operation=operation,
        )
        self.request_id = request_id


class JobError(NaoError):
    """A failure of a job whose id is known.

    Attributes:
        job: The job.
        state: What the last good poll showed; `None` if there was none.
    """

    def __init__(self, reason: str, job: Job, state: JobState | None, *details: str) -> None:
        super().__init__(reason, *details, operation=job.operation)
        self.job = job
        self.state = state


class JobFailed(JobError):
    """The job has finished, and not with `success`."""

    state: JobState

    def __init__(self, job: Job, state: JobState, elapsed: float | None) -> None:
        if state.status == "failure" and state.message:
            reason = f"its message is {WITHHELD}" if state.message == WITHHELD else state.message
        else:
            said = f": {state.message}" if state.message else ", without a message"
            reason = f"the job ended with status {state.status!r}{said}"
        took = elapsed if state.duration is None else state.duration
        after = "" if took is None else f" after {format_duration(took)}"
        super().__init__(f"failed: {reason}", job, state, f"Job: {job.url}", f"Status {state.status!r}{after}.")


class JobRunsOn(JobError):
    """The wait ended before the job did: the job goes on in NAO Cloud."""

    _news = "{0.reason}; the job goes on in NAO Cloud"

    def __init__(self, reason: str, job: Job, state: JobState | None, *details: str) -> None:
        seen = f"Last seen: status {state.status!r}." if state else "No look at the job has succeeded so far."
        super().__init__(reason, job, state, f"Job: {job.url}", seen, *details)


class WaitTimedOut(JobRunsOn, TimeoutError):
    """The time limit was reached."""

    def __init__(self, job: Job, state: JobState | None, limit: float, source: str, trouble: str) -> None:
        super().__init__(
            f"not finished after {format_duration(limit)}, the limit set by {source}",
            job,
            state,
            *([f"The last looks brought no news: {trouble}"] if trouble else []),
        )


class WaitCancelled(JobRunsOn):
    """The caller ended the wait."""

    def __init__(self, job: Job, state: JobState | None, elapsed: float) -> None:
        super().__init__(f"not finished: the wait was cancelled after {format_duration(elapsed)}", job, state)


class ContactLost(JobRunsOn):
    """The server no longer answers polls in a way that helps, or cannot be asked."""

    def __init__(self, job: Job, state: JobState | None, trouble: PollFailed) -> None:
        super().__init__(f"not followed to its end: {trouble.reason}", job, state)
        self.advice = trouble.advice
        self.details = (*trouble.details, *self.details)


class JobGone(JobError):
    """The server no longer knows the job, so nobody can tell how it ended."""

    def __init__(self, job: Job, state: JobState | None, trouble: PollFailed) -> None:
        super().__init__(
            f"ended in a way nobody knows: NAO Cloud has no record of job {job.id} any more",
            job,
            state,
            f"Job: {job.url} ({trouble.reason})",
        )


class Defect(NaoError):
    """Something that nobody foresaw. Its details hold the traceback, which may hold a key: redact its text."""

    def __init__(self, operation: str, cause: Exception, *, is_secret: bool = False) -> None:
        if is_secret:
            written = [*traceback.format_tb(cause.__traceback__), f"{type(cause).__name__}: {WITHHELD}"]
        else:
            written = traceback.format_exception(type(cause), cause, cause.__traceback__)
        lines = "".join(written).splitlines()
        super().__init__(
            f"met a defect of pulumi-nao: {lines[-1]}",
            "Please report it to the project, with these lines:",
            *lines,
            operation=operation,
        )


class PollFailed(NaoError):
    """One poll of a job brought no news.

    Attributes:
        retry_after: Seconds the server asked to wait; `None` when it did not say.
        may_pass: Whether polling again can help; it cannot with a certificate that is not trusted.
    """

    retry_after: float | None = None
    may_pass = True
    _headline = "{0.operation}: {0.news}"


class PollDenied(PollFailed):
    """401 or 403."""

    may_pass = False


class PollNotFound(PollFailed):
    """404 or 410: the job may be too new, or its record gone."""


class PollSenseless(PollFailed):
    """An answer that is no job: another status, or JSON of another shape."""


def _new(kind: type[NaoError], args: tuple[Any, ...]) -> NaoError:
    return kind.__new__(kind, *args)


def _support(request_id: str) -> tuple[str, ...]:
    return (f"Request id for the vendor's support: {request_id}",) if request_id else ()
