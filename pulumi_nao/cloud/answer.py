"""One answer of NAO Cloud, read with distrust: all text that comes out of it is printable and free of the key."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import ValidationError

from pulumi_nao.cloud.documents import JobDocument
from pulumi_nao.errors import (
    AccessDenied,
    KeyNotAccepted,
    MayHaveStarted,
    NaoError,
    PollDenied,
    PollFailed,
    PollNotFound,
    PollSenseless,
    Rejected,
    TooManyRequests,
)
from pulumi_nao.models import JOB_NUMBER, JobState
from pulumi_nao.text import printable, redact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from urllib.parse import SplitResult

    from pulumi_nao.cloud.key import ApiKey

_JOB_PATH = re.compile(rf"/background_jobs/({JOB_NUMBER})/?\Z")
_JOB_TYPE = "job_watcher"  # seen in every documented example
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_WORDS = 300
_WITHHELD = "The server's words are withheld: they may repeat the body, which is a secret."
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Senseless(Exception):
    """An answer does not say what has become of the request. Its text says why it does not."""


@dataclass(frozen=True)
class Answer:
    response: requests.Response
    body: bytes | None  # what of it was wanted; `None` where it could not be read
    server: str
    secrets: Iterable[str] = field(repr=False)
    received: datetime  # in UTC
    is_secret: bool = False  # it may repeat what must not be shown: then none of its words count

    @property
    def code(self) -> int:
        return self.response.status_code

    @property
    def status(self) -> str:
        """The HTTP status with its words, and the other server that a redirect leads to: `404 Not Found`."""
        status = f"{self.code} {self._phrase}".strip()
        elsewhere = self._elsewhere(self.response.headers["Location"]) if self.response.is_redirect else ""
        return printable(f"{status}{elsewhere}", self.secrets)

    @property
    def request_id(self) -> str:
        given = self.response.headers.get("x-request-id", "")
        if self.is_secret and not _UUID.fullmatch(given):
            return ""
        return printable(given, self.secrets)[:_LONGEST_WORDS]

    @property
    def words(self) -> str:
        """What stands under `errors` (documented as the root of every error; its shape is not).

        As a sentence in the forms of JSON:API and of Rails, in others as JSON.
        """
        root = self._root()
        if self.is_secret or "errors" not in root:
            return ""
        try:
            text = _sentence(root["errors"]) or json.dumps(root["errors"], ensure_ascii=False)
        except RecursionError:
            return ""
        return printable(text, self.secrets)[:_LONGEST_WORDS]

    @property
    def is_limit(self) -> bool:
        """Whether the server did nothing because it is asked too much."""
        return self.code == requests.codes.too_many_requests or (
            self.code == requests.codes.service_unavailable and "Retry-After" in self.response.headers
        )

    @property
    def is_documented_error(self) -> bool:
        return "errors" in self._root()

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks to wait; `None` when it does not say."""
        value = self.response.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"[0-9]{1,9}", value, re.ASCII):
            return float(value)
        moment = _http_date(value)
        if moment is None:
            return None
        # A date of the server's is meant by the server's clock, which need not agree with ours.
        return max(0.0, (moment - (self._date or self.received)).total_seconds())

    @property
    def ahead(self) -> float | None:
        """Seconds that the server's clock is ahead of ours; `None` when it sends no `Date`."""
        return None if self._date is None else (self._date - self.received).total_seconds()

    def job_state(self) -> JobState:
        """Read the body as a job: `PollFailed` where it is not JSON, `PollSenseless` where it is no job."""
        try:
            attributes = JobDocument.model_validate_json(
                self.body or b"", context={"secrets": self.secrets, "is_secret": self.is_secret}
            ).data.attributes
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            if first["type"] == "json_invalid":
                raise PollFailed("the answer is not JSON, perhaps a page of a proxy or cut short") from None
            where = ".".join(str(part) for part in first["loc"]) or "JSON"
            raise PollSenseless(f"the answer is no job: {where}: {first['msg']}") from None
        return JobState(**dict(attributes), retry_after=self.retry_after)

    @property
    def names_job(self) -> bool:
        """Whether a `200`, `201` or `204` says that the work is a job's (inferred; documented of `303` and `202`).

        A `201` may have the address of what it created for its Location (RFC 9110).
        """
        items = _listed(self._root().get("data"))
        return bool(self._locations) or any(
            isinstance(item, dict) and item.get("type") == _JOB_TYPE for item in items
        )

    def document(self) -> object:
        """The JSON of an answer which says that all is done (documented of `201`); `None` without any."""
        if self.body is None:
            raise Senseless(f"the body of the {self.status} could not be read to its end")
        if not self.body.strip():
            return None
        try:
            document = _redacted(json.loads(self.body), self.secrets)
        except (ValueError, RecursionError):
            raise Senseless(f"the {self.status} is neither empty nor JSON, perhaps a page of a proxy") from None
        if isinstance(document, dict) and "errors" in document:
            raise Senseless(f"the {self.status} lists errors{f': {self.words}' if self.words else ''}")
        return document

    def job_id(self) -> str:
        """Find the job that an answer names: in its Location, or, where a `202` has none, in its body (inferred)."""
        locations = self._locations
        if not locations:
            data = self._root().get("data")
            number = str(data.get("id")) if isinstance(data, dict) else ""
            if not re.fullmatch(JOB_NUMBER, number):
                raise Senseless(f"the {self.status} names no job")
            return number
        if len(set(locations)) > 1:
            raise Senseless("the answer has more than one Location")
        try:
            target = self._target(locations[0])
            host = target.hostname
        except ValueError:
            host = None
        if host is None or target.scheme not in ("http", "https"):
            raise Senseless("the Location of the job is not an address")
        if host != urlsplit(self.server).hostname:
            named = "" if self.is_secret else f", {printable(host, self.secrets)}"
            raise Senseless(f"the job is said to be on another host{named}")
        found = _JOB_PATH.search(target.path)
        if not found:
            raise Senseless("the Location names no background job")
        return found[1]

    def refusal(self, operation: str, key: ApiKey) -> NaoError:
        """Say what it means that an action was not taken up: `Rejected` only where surely nothing was done."""
        said = (self.status, self.words, self.request_id, *([_WITHHELD] if self.is_secret else []))
        if self.is_limit:
            busy = TooManyRequests(operation, *said)
            busy.retry_after = self.retry_after
            return busy
        if self.code == requests.codes.unauthorized:
            unknown = KeyNotAccepted(operation, *said, f"The key came from {key.origin}.")
            unknown.advice = key.advice
            return unknown
        if self.code == requests.codes.forbidden:
            return AccessDenied(operation, *said, f"The key came from {key.origin}.")
        if 400 <= self.code < 500 and self.code != requests.codes.request_timeout:  # noqa: PLR2004 - the 4xx
            return Rejected(operation, *said)
        return MayHaveStarted(operation, f"the server answered {self.status}", self.request_id)

    def refusal_of_poll(self, key: ApiKey) -> PollFailed:
        """Say what an answer to a poll means that is not `200 OK`."""
        error: PollFailed
        if self.code in (requests.codes.unauthorized, requests.codes.forbidden):
            error = PollDenied(f"the server refuses the key: {self.status}", f"The key came from {key.origin}.")
            error.advice = key.advice if self.code == requests.codes.unauthorized else AccessDenied.advice
        elif self.code in (requests.codes.not_found, requests.codes.gone):
            error = PollNotFound(f"the server does not know the job: {self.status}")
        elif self.code in _PASSING:
            error = PollFailed(f"the server answers {self.status}")
        else:
            error = PollSenseless(f"the server answers a look at the job with {self.status}")
        error.retry_after = self.retry_after
        return error

    @property
    def _locations(self) -> list[str]:
        """All of them where they must name a job, else those that do."""
        found: list[str] = self.response.raw.headers.getlist("Location")
        if self.code in (requests.codes.see_other, requests.codes.accepted):
            return found
        return [location for location in found if self._leads_to_job(location)]

    def _leads_to_job(self, location: str) -> bool:
        with suppress(ValueError):
            return _JOB_PATH.search(self._target(location).path) is not None
        return False

    def _target(self, location: str) -> SplitResult:
        """Where a Location leads to; a `ValueError` says that it is no address."""
        return urlsplit(urljoin(self.server + "/", location.strip()))

    @property
    def _phrase(self) -> str:
        if not self.is_secret:
            return self.response.reason or ""
        return HTTPStatus(self.code).phrase if self.code in {*HTTPStatus} else ""

    def _root(self) -> dict[str, Any]:
        """The members of the body's root; none where it is no JSON, or no object."""
        with suppress(ValueError, RecursionError):
            document = json.loads(self.body or b"")
            if isinstance(document, dict):
                return document
        return {}

    @property
    def _date(self) -> datetime | None:
        return _http_date(self.response.headers.get("Date", ""))

    def _elsewhere(self, location: str) -> str:
        """Name the server that a redirect leads to, unless it is this one: it is often the one to configure."""
        try:
            target = self._target(location)
            host, port = target.hostname, target.port
        except ValueError:
            return ""
        ours = urlsplit(self.server)
        if self.is_secret or not host or (target.scheme, host, port) == (ours.scheme, ours.hostname, ours.port):
            return ""
        return f", pointing to {target.scheme}://{host}{f':{port}' if port else ''}"


def _sentence(errors: object) -> str:
    """`[{"title": …, "detail": …}]`, `{"base": […]}` or `[…]` as people write it; empty for any other form."""
    if isinstance(errors, dict) and not _said(errors):
        errors = [_of_field(name, words) for name, said in errors.items() for words in _listed(said)]
    said = [_said(error) for error in _listed(errors)]
    return "; ".join(said).replace(".; ", "; ") if all(said) else ""


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _of_field(name: str, words: object) -> object:
    """What is wrong with a field begins with its name; `base` stands for the whole (Rails)."""
    return f"{name} {words}" if isinstance(words, str) and name != "base" else words


def _said(error: object) -> str:
    if isinstance(error, dict):
        parts = [part for part in (error.get("title"), error.get("detail")) if isinstance(part, str) and part]
        return ": ".join(dict.fromkeys(parts))
    return error if isinstance(error, str) else ""


def _redacted(value: object, secrets: Iterable[str]) -> object:
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, list):
        return [_redacted(item, secrets) for item in value]
    if isinstance(value, dict):
        return {redact(name, secrets): _redacted(item, secrets) for name, item in value.items()}
    return value


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
