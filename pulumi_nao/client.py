"""NAO Cloud over HTTP: the one funnel through which everything is sent."""

from __future__ import annotations

import json
import re
from contextlib import ContextDecorator, suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import ValidationError

from pulumi_nao._version import __version__
from pulumi_nao.account import PUBLIC_SERVER, canonical_server, is_loopback, key_problem
from pulumi_nao.clock import Clock, Deadline, SystemClock
from pulumi_nao.errors import (
    AccessDenied,
    ConfigurationError,
    HeldBack,
    KeyNotAccepted,
    LookDenied,
    LookFailed,
    LookNotFound,
    LookSenseless,
    MayHaveStarted,
    NaoError,
    NotSent,
    Rejected,
    ServerUnreachable,
    TooManyRequests,
)
from pulumi_nao.exchange import Exchange, WatchedAdapter
from pulumi_nao.logs import protect
from pulumi_nao.models import AcceptedDocument, Job, JobDocument, JobState, Probe, publication_of
from pulumi_nao.pace import BUSY_PATIENCE, Pace
from pulumi_nao.text import printable
from pulumi_nao.transport import (
    ANSWER_TIMEOUT,
    CONNECT_TIMEOUT,
    EXCHANGE_FAILURES,
    MOST_CONNECTIONS,
    READ_TIMEOUT,
    BareToken,
    new_session,
    read_body,
    reason_of,
)

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

_JOB_PATH = re.compile(r"/background_jobs/([0-9]{1,20})/?\Z", re.ASCII)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WORDS = 300

# Seconds: the answer to a POST names the job, a look can be made again.
CANCELLED_POST_GRACE = 10.0
CANCELLED_LOOK_GRACE = 1.0


class _Alone(ContextDecorator):
    """Lets our errors go out without the ones of libraries: the key is among the variables of their tracebacks."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, NaoError) and error.__suppress_context__:
            error.__context__ = None


class NaoClient:
    """A client for the background jobs of one NAO Cloud account.

    Args:
        api_key: API key or JWT of the account, without `Bearer`.
        base_url: The server; `https` unless it is this machine.
        key_origin: Where the key comes from, for errors: `stack configuration nao:apiKey`.
        answer_timeout: Seconds that one answer may take in all.
        clock: Tells the time, and when waiting has to end.
        pace: Keeps requests apart; share one between clients to limit them together.

    Raises:
        ConfigurationError: The key or the URL is malformed.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = PUBLIC_SERVER,
        *,
        key_origin: str = "the argument api_key",
        answer_timeout: float = ANSWER_TIMEOUT,
        clock: Clock | None = None,
        pace: Pace | None = None,
    ) -> None:
        problem = key_problem(api_key)
        if problem:
            del api_key  # from what a traceback with variables shows
            raise ConfigurationError(f"the key from {key_origin} cannot be used: {problem}")
        try:
            self.base_url = canonical_server(base_url)
        except ValueError as error:
            raise ConfigurationError(f"the server's URL cannot be used: {error}") from None
        self._host = urlsplit(self.base_url).hostname or ""
        self._direct = is_loopback(self._host)
        self._secrets = (api_key,)
        self._key_origin = key_origin
        self._auth = BareToken(api_key)
        protect(api_key)
        self._answer_timeout = answer_timeout
        self._clock = clock or SystemClock()
        self._pace = pace or Pace(self._clock)
        self._looks = new_session(WatchedAdapter(MOST_CONNECTIONS), direct=self._direct)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Name the server; say nothing of the key."""
        return f"NaoClient({getattr(self, 'base_url', 'not made')!r})"

    def close(self) -> None:
        """Close the connections that are kept open between looks."""
        self._looks.close()

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
        path = f"sites/{site_id}/asset_tracking_config/publish"
        return self.start_job(publication_of(site_id), path, deadline)

    @_Alone()
    def start_job(self, operation: str, path: str, deadline: Deadline | None = None) -> Job:
        """POST to an address that answers with a background job (the documented way of all long operations).

        Args:
            operation: What is being done, for errors and reports.
            path: The address below `/api/v2/`.
            deadline: How long the request may wait until the server's limit of requests lets it be sent.

        Returns:
            The job.

        Raises:
            NotSent: Nothing left this machine.
            Rejected: The server refused.
            MayHaveStarted: The request was sent, and no usable answer came.
        """
        lined_up = self._clock.monotonic()
        number = self._pace.line_up(deadline, BUSY_PATIENCE)
        if self._clock.cancelled:
            raise NotSent(f"{operation} not sent: cancelled before it began")
        if number is None or (deadline is not None and not deadline.remaining):
            raise HeldBack(operation)
        in_line = self._clock.monotonic() - lined_up
        exchange = Exchange()
        session = new_session(WatchedAdapter(connections=1), direct=self._direct)

        def call() -> tuple[requests.Response, bytes]:
            with session, self._send(session, "POST", path, {"Content-Type": "application/json"}) as response:
                # The body of a 303 is a page for browsers; a trouble while reading it must not lose the job.
                body = b""
                if response.status_code != requests.codes.see_other:
                    with suppress(*EXCHANGE_FAILURES):
                        body = read_body(response)
                return response, body

        try:
            response, body = exchange.run(call, self._answer_timeout, self._cancelled, CANCELLED_POST_GRACE)
        except EXCHANGE_FAILURES as error:
            reason, may_pass = reason_of(error)
            if not exchange.connected and self._clock.cancelled:
                raise NotSent(f"{operation} not sent: cancelled while it was connecting") from None
            if not exchange.connected:
                raise ServerUnreachable(operation, self.base_url, reason, may_pass=may_pass) from None
            raise MayHaveStarted(operation, reason) from None
        self._note_limit(number, response)
        try:
            return self._accepted(operation, response, body)
        except TooManyRequests as error:
            error.in_line = in_line
            raise

    def job(self, job_id: str, operation: str = "background job") -> Job:
        """Take up a job whose id is known.

        Args:
            job_id: Digits.
            operation: What the job does, for errors and reports.
        """
        url = self._url(f"background_jobs/{job_id}")
        return Job(operation, job_id, url, lambda deadline=None: self._look(job_id, deadline))

    def probe(self) -> Probe:
        """Ask for a job that cannot exist: this changes nothing, and the answer tells what becomes of the key.

        `GET /background_jobs/0`. It is documented that 401 means a wrong key, 404 something that does not exist, and
        that errors have a body with the root `errors`; inferred that the key is looked at first.

        Returns:
            The answer, whatever it is.

        Raises:
            LookFailed: There was none.
        """
        response, body = self._get("background_jobs/0", whole=True)
        date = _http_date(response.headers.get("Date", ""))
        return Probe(
            response.status_code,
            self._status(response),
            is_documented_error=_is_documented_error(body),
            ahead=None if date is None else (date - self._clock.now()).total_seconds(),
        )

    @_Alone()
    def _get(
        self, path: str, deadline: Deadline | None = None, *, whole: bool = False
    ) -> tuple[requests.Response, bytes]:
        """GET an answer, and the body of a good one (or of any, when the whole is wanted)."""
        number = self._pace.line_up(deadline)
        if number is None:
            raise LookFailed("NAO Cloud limits requests, and no look had its turn in time")

        def call() -> tuple[requests.Response, bytes]:
            with self._send(self._looks, "GET", path, {}) as response:
                wanted = whole or response.status_code == requests.codes.ok
                return response, read_body(response) if wanted else b""

        try:
            response, body = Exchange().run(call, self._answer_timeout, self._cancelled, CANCELLED_LOOK_GRACE)
        except EXCHANGE_FAILURES as error:
            raise LookFailed(reason_of(error)[0]) from None
        self._note_limit(number, response)
        return response, body

    @_Alone()
    def _look(self, job_id: str, deadline: Deadline | None) -> JobState:
        response, body = self._get(f"background_jobs/{job_id}", deadline)
        if response.status_code != requests.codes.ok:
            self._refuse_look(response)
        try:
            attributes = JobDocument.model_validate_json(body, context={"secrets": self._secrets}).data.attributes
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            if first["type"] == "json_invalid":
                raise LookFailed("the answer is not JSON, perhaps a page of a proxy or cut short") from None
            where = ".".join(str(part) for part in first["loc"]) or "JSON"
            raise LookSenseless(f"the answer is no job: {where}: {first['msg']}") from None
        return JobState(
            attributes.has_finished,
            attributes.status,
            attributes.message,
            attributes.created_at,
            attributes.updated_at,
            self._retry_after(response),
        )

    def _note_limit(self, number: int, response: requests.Response) -> None:
        if _is_limit(response):
            self._pace.refused(number, self._retry_after(response))
        else:
            self._pace.let_through()

    def _refuse_look(self, response: requests.Response) -> NoReturn:
        status = self._status(response)
        error: LookFailed
        if response.status_code in (requests.codes.unauthorized, requests.codes.forbidden):
            error = LookDenied(f"the server refuses the key: {status}", f"The key came from {self._key_origin}.")
            denied = KeyNotAccepted if response.status_code == requests.codes.unauthorized else AccessDenied
            error.advice = denied.advice
        elif response.status_code in (requests.codes.not_found, requests.codes.gone):
            error = LookNotFound(f"the server does not know the job: {status}")
        elif response.status_code in _PASSING:
            error = LookFailed(f"the server answers {status}")
        else:
            error = LookSenseless(f"the server answers a look at the job with {status}")
        error.retry_after = self._retry_after(response)
        raise error

    def _accepted(self, operation: str, response: requests.Response, body: bytes) -> Job:
        status = response.status_code
        request_id = self._header(response, "x-request-id")
        if status in (requests.codes.see_other, requests.codes.accepted):
            return self.job(self._job_id(operation, response, body, request_id), operation)
        words = (self._status(response), self._words(body), request_id)
        if _is_limit(response):
            busy = TooManyRequests(operation, *words)
            busy.retry_after = self._retry_after(response)
            raise busy
        if status == requests.codes.unauthorized:
            raise KeyNotAccepted(operation, *words, f"The key came from {self._key_origin}.")
        if status == requests.codes.forbidden:
            raise AccessDenied(operation, *words, f"The key came from {self._key_origin}.")
        if 400 <= status < 500 and status != requests.codes.request_timeout:  # noqa: PLR2004 - the 4xx
            raise Rejected(operation, *words)
        raise MayHaveStarted(operation, f"the server answered {self._status(response)}", request_id)

    def _job_id(self, operation: str, response: requests.Response, body: bytes, request_id: str) -> str:
        location = next(iter(response.raw.headers.getlist("Location")), None)
        if location is None:
            try:
                return AcceptedDocument.model_validate_json(body).data.id
            except ValidationError:
                status = self._status(response)
                raise MayHaveStarted(operation, f"the {status} names no job", request_id) from None
        if len(set(response.raw.headers.getlist("Location"))) > 1:
            raise MayHaveStarted(operation, "the answer has more than one Location", request_id)
        try:
            target = urlsplit(urljoin(self.base_url + "/", location.strip()))
            host = target.hostname
        except ValueError:
            host = None
        if host is None or target.scheme not in ("http", "https"):
            raise MayHaveStarted(operation, "the Location of the job is not an address", request_id)
        if host != self._host:
            shown = printable(host, self._secrets)
            raise MayHaveStarted(operation, f"the job is said to be on another host, {shown}", request_id)
        found = _JOB_PATH.search(target.path)
        if not found:
            raise MayHaveStarted(operation, "the Location names no background job", request_id)
        return found[1]

    def _send(self, session: requests.Session, method: str, path: str, headers: dict[str, str]) -> requests.Response:
        return session.request(
            method,
            self._url(path),
            headers={
                "Accept": "application/vnd.api+json",
                "Accept-Encoding": "identity",
                "User-Agent": f"pulumi-nao/{__version__}",
                **headers,
            },
            auth=self._auth,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            allow_redirects=False,
            stream=True,
        )

    def _cancelled(self) -> bool:
        return self._clock.cancelled

    def _url(self, path: str) -> str:
        return f"{self.base_url}/api/v2/{path}"

    def _status(self, response: requests.Response) -> str:
        status = f"{response.status_code} {response.reason or ''}".strip()
        elsewhere = self._elsewhere(response.headers["Location"]) if response.is_redirect else ""
        return printable(f"{status}{elsewhere}", self._secrets)

    def _elsewhere(self, location: str) -> str:
        """Name the server that a redirect leads to, unless it is this one: it is often the one to configure."""
        try:
            target = urlsplit(urljoin(self.base_url + "/", location.strip()))
            host, port = target.hostname, target.port
        except ValueError:
            return ""
        ours = urlsplit(self.base_url)
        if not host or (target.scheme, host, port) == (ours.scheme, ours.hostname, ours.port):
            return ""
        return f", pointing to {target.scheme}://{host}{f':{port}' if port else ''}"

    def _header(self, response: requests.Response, name: str) -> str:
        return printable(response.headers.get(name, ""), self._secrets)[:_LONGEST_WORDS]

    def _words(self, body: bytes) -> str:
        """What stands under `errors` (documented as the root of every error; its shape is not)."""
        try:
            errors = json.loads(body)["errors"]
        except (ValueError, KeyError, TypeError, IndexError, RecursionError):
            return ""
        text = errors if isinstance(errors, str) else json.dumps(errors, ensure_ascii=False)
        return printable(text, self._secrets)[:_LONGEST_WORDS]

    def _retry_after(self, response: requests.Response) -> float | None:
        value = response.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            return float(value)
        moment = _http_date(value)
        if moment is None:
            return None
        # A date of the server's is meant by the server's clock, which need not agree with ours.
        now = _http_date(response.headers.get("Date", "")) or self._clock.now()
        return max(0.0, (moment - now).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _is_documented_error(body: bytes) -> bool:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "errors" in document


def _is_limit(response: requests.Response) -> bool:
    """Whether the server did nothing because it is asked too much."""
    status = response.status_code
    return status == requests.codes.too_many_requests or (
        status == requests.codes.service_unavailable and "Retry-After" in response.headers
    )
