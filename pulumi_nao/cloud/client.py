"""NAO Cloud over HTTP: the one funnel through which everything is sent."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import requests

from pulumi_nao._version import __version__
from pulumi_nao.cloud.address import PUBLIC_SERVER, canonical_server, is_loopback
from pulumi_nao.cloud.answer import Answer, Senseless
from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.cloud.exchange import Exchange, WatchedAdapter
from pulumi_nao.cloud.key import ApiKey, key_problem
from pulumi_nao.cloud.library_logs import protect
from pulumi_nao.cloud.no_answer import reason_of
from pulumi_nao.cloud.proxies import proxy_for
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.cloud.transport import (
    ANSWER_TIMEOUT,
    CONNECT_TIMEOUT,
    EXCHANGE_FAILURES,
    LARGEST_ANSWER_TO_ACTION,
    MOST_CONNECTIONS,
    READ_TIMEOUT,
    BareToken,
    Body,
    Request,
    new_session,
    read_body,
)
from pulumi_nao.errors import (
    ConfigurationError,
    HeldBack,
    MayHaveStarted,
    NaoError,
    NotSent,
    PollFailed,
    ServerUnreachable,
    TooManyRequests,
)
from pulumi_nao.models import (
    JOB_NUMBER,
    Action,
    Done,
    Job,
    JobState,
    method_problem,
    path_problem,
    publication,
    site_number,
)
from pulumi_nao.text import format_duration
from pulumi_nao.values import encoded
from pulumi_nao.waiting.clock import Clock, Deadline, SystemClock, checked_seconds, seconds_left
from pulumi_nao.waiting.patience import (
    BUSY_PATIENCE,
    CANCELLED_ACTION_GRACE,
    CANCELLED_POLL_GRACE,
    LAST_POLL_PATIENCE,
)
from pulumi_nao.waiting.semaphore import Semaphore
from pulumi_nao.waiting.threads import ACTION_THREADS, NO_THREAD, POLL_THREADS, ThreadPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Self

    from pulumi_nao.waiting.threads import Worker

_DONE = (requests.codes.ok, requests.codes.created, requests.codes.no_content)

_LIMITED = "NAO Cloud limits requests"
_AWAITED = (
    f"waiting up to {format_duration(CANCELLED_ACTION_GRACE)} for the answer to the request; a second Ctrl-C loses it"
)
_UNANSWERED = "earlier requests are still without an answer"


@contextmanager
def _alone() -> Iterator[None]:
    """Let our errors go out without the ones of libraries: the key is among the variables of their tracebacks."""
    try:
        yield
    except NaoError as error:
        if error.__suppress_context__:
            error.__context__ = None
        raise


def _read_after_action(response: requests.Response) -> bytes | None:
    # The body of a 303 is a page for browsers; a trouble while reading it must not lose the job.
    if response.status_code == requests.codes.see_other:
        return b""
    with suppress(*EXCHANGE_FAILURES):
        return read_body(response, LARGEST_ANSWER_TO_ACTION)
    return None


class NaoClient:
    """A client for the background jobs of one NAO Cloud account.

    Args:
        api_key: API key or JWT of the account, without `Bearer`; as an `ApiKey`, errors say where it comes from.
        base_url: The server; `https` unless it is this machine.
        answer_timeout: Seconds that one answer may take in all.
        clock: Tells the time, and when waiting has to end.
        rate_limiter: Keeps requests apart; share one between clients to limit them together.
        circuit: Knows whether the server can be reached; share one between clients of a server.

    Raises:
        ConfigurationError: The key, the URL or the time is malformed.
    """

    def __init__(
        self,
        api_key: str | ApiKey,
        base_url: str = PUBLIC_SERVER,
        *,
        answer_timeout: float = ANSWER_TIMEOUT,
        clock: Clock | None = None,
        rate_limiter: RateLimiter | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        key = api_key if isinstance(api_key, ApiKey) else ApiKey(api_key)
        problem = key_problem(key.value)
        if problem:
            origin = key.origin
            del api_key, key  # from what a traceback with variables shows
            raise ConfigurationError(f"the key from {origin} cannot be used: {problem}")
        try:
            self.base_url = canonical_server(base_url)
        except ValueError as error:
            raise ConfigurationError(f"the server's URL cannot be used: {error}") from None
        self._direct = is_loopback(urlsplit(self.base_url).hostname or "")
        self._key = key
        self._auth = BareToken(key.value)
        protect(key.value)
        self._answer_timeout = checked_seconds("answer_timeout", answer_timeout, ANSWER_TIMEOUT)
        self._clock = clock or SystemClock()
        self._rate_limiter = rate_limiter or RateLimiter(self._clock)
        self._circuit = circuit or Circuit(self._clock)
        self._polls = new_session(WatchedAdapter(MOST_CONNECTIONS), direct=self._direct)
        # Apart, so that publications go out while looks hang.
        self._poll_slots = Semaphore(self._clock, MOST_CONNECTIONS)
        self._action_slots = Semaphore(self._clock, MOST_CONNECTIONS)
        for threads in (POLL_THREADS, ACTION_THREADS):
            threads.prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"NaoClient({getattr(self, 'base_url', 'not made')!r})"

    def close(self) -> None:
        """Close the connections that are kept open between looks."""
        self._polls.close()

    def ensure_reachable(self, operation: str, deadline: Deadline) -> None:
        """Refuse at once what is not worth a try, see `circuit`; this may take a harmless question of 10 s."""
        reason = self._circuit.refusal(deadline, self.probe)
        if reason:
            raise ServerUnreachable(operation, self.base_url, reason, may_pass=True)

    def publish(self, site_id: int, deadline: Deadline | None = None) -> Job:
        """Publish a site's tracking configuration: `POST /sites/{id}/asset_tracking_config/publish` (documented).

        One request is sent, and never a second one: `jobs.start` knows when repeating it is safe.

        Args:
            site_id: The site's id, as Pole Star gives it.
            deadline: How long the request may wait until the server's limit of requests lets it be sent.

        Returns:
            The background job that does the work; `jobs.wait` awaits it.

        Raises:
            NotSent: Nothing left this machine.
            Rejected: The server refused.
            MayHaveStarted: The request was sent, and no usable answer came.
        """
        try:
            action = publication(site_number(site_id))
        except ValueError as error:
            raise NotSent(f"site_id: {error}", operation="publication") from None
        return cast("Job", self.start(action, deadline))  # it needs a job

    @_alone()
    def start(
        self, action: Action, deadline: Deadline | None = None, report: Callable[[str], None] | None = None
    ) -> Job | Done:
        """Ask for an action that the server may answer with a background job, as all that takes long (documented).

        One request is sent, and never a second one.

        Args:
            action: What is asked for.
            deadline: How long the request may wait until the server's limit of requests lets it be sent.
            report: Told, in a line, when a cancel has to wait for the answer.

        Returns:
            The job, which `jobs.wait` awaits; or, of an action that needs none, the answer that names no job.

        Raises:
            NotSent: Nothing left this machine.
            Rejected: The server refused.
            MayHaveStarted: The request was sent, and no usable answer came.
        """
        request = self._request(action, report)
        lined_up = self._clock.monotonic()
        with ExitStack() as slot:
            worker, missing = self._connection(slot, self._action_slots, ACTION_THREADS, deadline)
            number = self._rate_limiter.acquire(deadline, BUSY_PATIENCE) if worker else None
            if self._clock.cancelled:
                raise NotSent("cancelled before it began", operation=action.name)
            if worker is None or number is None or not seconds_left(deadline):
                raise HeldBack(action.name, missing)
            in_line = self._clock.monotonic() - lined_up
            answer = self._ask(action.name, request, number, worker, slot.pop_all())
        try:
            return self._accepted(action, answer)
        except TooManyRequests as error:
            error.in_line = in_line
            raise

    def _request(self, action: Action, report: Callable[[str], None] | None) -> Request:
        checked = {"path": path_problem(action.path), "method": method_problem(action.method)}
        problems = [f"{name}: {problem}" for name, problem in checked.items() if problem]
        try:
            content = None if action.body is None else Body(encoded(action.body))
        except (TypeError, ValueError, RecursionError):
            problems.append("body: it cannot be sent as JSON")
        if problems:
            raise NotSent("; ".join(problems), operation=action.name)
        return Request(
            action.method,
            action.path,
            _read_after_action,
            self._answer_timeout,
            CANCELLED_ACTION_GRACE,
            on_grace=partial(report, _AWAITED) if report else None,
            headers={"Content-Type": "application/json"},
            content=content,
            is_secret=action.is_secret,
        )

    def _ask(self, operation: str, request: Request, number: int, worker: Worker, slot: ExitStack) -> Answer:
        exchange = Exchange(worker)
        # A connection of its own: on one that was kept open, nobody can tell whether a request that met its end had
        # been read before, and such a request must not be sent twice.
        session = slot.enter_context(new_session(WatchedAdapter(connections=1), direct=self._direct))
        try:
            return self._answer(number, exchange, session, request, slot)
        except EXCHANGE_FAILURES as error:
            reason, may_pass = self._reason_of(error)
            if exchange.connected:
                raise MayHaveStarted(operation, reason) from None
            if self._clock.cancelled:
                raise NotSent("cancelled while it was connecting", operation=operation) from None
            if may_pass:
                self._circuit.failed(reason)
            raise ServerUnreachable(operation, self.base_url, reason, may_pass=may_pass) from None

    def job(self, job_id: str, operation: str = "background job", *, is_secret: bool = False) -> Job:
        """Take up a job whose id is known.

        Args:
            job_id: Digits.
            operation: What the job does, for errors and reports.
            is_secret: Whether no word of the server's is to be shown, see `Action.is_secret`.

        Raises:
            NotSent: It is no job's number.
        """
        if not isinstance(job_id, str) or not re.fullmatch(JOB_NUMBER, job_id):
            raise NotSent(f"{operation} not looked at: write the job's number as text, such as '48145'")
        path = f"background_jobs/{job_id}"

        @_alone()
        def poll(deadline: Deadline | None = None) -> JobState:
            answer = self._get(path, deadline, is_secret=is_secret)
            if answer.code != requests.codes.ok:
                raise answer.refusal_of_poll(self._key)
            return answer.job_state()

        return Job(operation, job_id, self._url(path), poll)

    def probe(self, seconds: float | None = None) -> Answer:
        """Ask for a job that cannot exist: this changes nothing, and the answer tells what becomes of the key.

        `GET /background_jobs/0`. It is documented that 401 means a wrong key, 404 something that does not exist, and
        that errors have a body with the root `errors`; inferred that the key is looked at first. `PollFailed` where
        there is no answer, after so many seconds.
        """
        deadline = None if seconds is None else Deadline(seconds, "", self._clock)
        return self._get("background_jobs/0", deadline, is_probe=True)

    @_alone()
    def _get(
        self,
        path: str,
        deadline: Deadline | None = None,
        *,
        is_probe: bool = False,
        is_secret: bool = False,
    ) -> Answer:
        patience = min(self._answer_timeout, seconds_left(deadline))
        turn = Deadline(max(patience, LAST_POLL_PATIENCE), "", self._clock)
        with ExitStack() as slot:
            worker, missing = self._connection(slot, self._poll_slots, POLL_THREADS, turn)
            number = self._rate_limiter.acquire(deadline) if worker else None
            if worker is None or number is None:
                raise PollFailed(f"{missing}, and no look had its turn in time")
            kept = slot.pop_all()

        def read(response: requests.Response) -> bytes:
            return read_body(response) if is_probe or response.status_code == requests.codes.ok else b""

        seconds = patience if is_probe else self._answer_timeout
        request = Request("GET", path, read, seconds, CANCELLED_POLL_GRACE, is_secret=is_secret)
        try:
            return self._answer(number, Exchange(worker), self._polls, request, kept)
        except EXCHANGE_FAILURES as error:
            reason, may_pass = self._reason_of(error)
            trouble = PollFailed(reason)
            trouble.may_pass = may_pass
            raise trouble from None

    def _answer(
        self, number: int, exchange: Exchange, session: requests.Session, request: Request, slot: ExitStack
    ) -> Answer:
        response, body = self._exchange(exchange, session, request, slot)
        self._circuit.answered()
        answer = Answer(
            response, body, self.base_url, (self._key.value,), self._clock.now(), is_secret=request.is_secret
        )
        if answer.is_limit:
            self._rate_limiter.refused(number, answer.retry_after)
        else:
            self._rate_limiter.accepted()
        return answer

    def _exchange(
        self, exchange: Exchange, session: requests.Session, request: Request, slot: ExitStack
    ) -> tuple[requests.Response, bytes | None]:
        """Send a request and read its answer: the wire, which has a time of its own, is beneath."""

        def call() -> tuple[requests.Response, bytes | None]:
            with slot, self._send(session, request) as response:
                return response, request.read(response)

        return exchange.run(call, request.seconds, lambda: self._clock.cancelled, request.grace, request.on_grace)

    def _accepted(self, action: Action, answer: Answer) -> Job | Done:
        takes_done = not action.needs_job and answer.code in _DONE
        if not takes_done and answer.code not in (requests.codes.see_other, requests.codes.accepted):
            raise answer.refusal(action.name, self._key)
        try:
            if takes_done and not answer.names_job:
                return Done(answer.document())
            return self.job(answer.job_id(), action.name, is_secret=action.is_secret)
        except Senseless as error:
            raise MayHaveStarted(action.name, str(error), answer.request_id) from None

    def _send(self, session: requests.Session, request: Request) -> requests.Response:
        return session.request(
            request.method,
            self._url(request.path),
            headers={
                "Accept": "application/vnd.api+json",
                "Accept-Encoding": "identity",
                "User-Agent": f"pulumi-nao/{__version__}",
                **request.headers,
            },
            data=request.content,
            auth=self._auth,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        )

    def _reason_of(self, error: BaseException) -> tuple[str, bool]:
        return reason_of(error, None if self._direct else proxy_for(self.base_url))

    def _url(self, path: str) -> str:
        return f"{self.base_url}/api/v2/{path}"

    def _connection(
        self, slot: ExitStack, slots: Semaphore, threads: ThreadPool, deadline: Deadline | None
    ) -> tuple[Worker | None, str]:
        """Take a slot and a thread; say what is missing without either, and what might be missing yet with both."""
        if not slot.enter_context(slots.acquired(deadline)):
            return None, _UNANSWERED
        worker = slot.enter_context(threads.borrowed(self._clock, deadline))
        return worker, _LIMITED if worker else NO_THREAD
