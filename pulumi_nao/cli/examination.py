"""The doctor's examination of an account: its settings, then one harmless question to its server."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pulumi_nao.cli.diagnosis import Diagnosis, Finding, Mark, Verdict
from pulumi_nao.cli.streams import hide
from pulumi_nao.cloud.address import PUBLIC_SERVER, is_loopback
from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.cloud.proxies import proxy_for
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, variable_of
from pulumi_nao.config.settings import Settings
from pulumi_nao.config.spelling import misspelt_variables
from pulumi_nao.errors import ACCESS_ADVICE, ConfigurationError, PollFailed
from pulumi_nao.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pulumi_nao.cloud.answer import Answer
    from pulumi_nao.cloud.key import ApiKey

_ANSWER_TIMEOUT = 20.0
_CLOCK_TOLERANCE = 60.0
_JWT_PARTS = 3
_IT_IS_HERE = (
    "It is on this machine: check its port, and that it runs; `pulumi-nao simulate` runs a simulated NAO Cloud."
)
_IT_IS_ELSEWHERE = (
    "Check its address, that it runs, this machine's network and DNS, and the proxy and CA settings above."
)


def examine_account(namespace: str, environment: Mapping[str, str]) -> Diagnosis:
    """Look at an account's settings and, if they can work, ask its server."""
    settings = Settings(None, environment)
    diagnosis = Diagnosis([*_settings(settings, namespace, environment)])
    variable = variable_of(namespace, "apiKey")
    if all(finding.mark is not Mark.BAD for finding in diagnosis.findings):
        key = settings.api_key(namespace)
        hide(key.value)
        server = settings.stated_server(namespace) or PUBLIC_SERVER
        diagnosis.findings += [*_expiry(key.value, settings.limit(namespace).seconds), _proxy(server)]
        with NaoClient(key, server, answer_timeout=_ANSWER_TIMEOUT) as client:
            _ask(diagnosis, client, key)
    elif environment.get(variable):
        diagnosis.conclude(
            Verdict.SETTINGS,
            "Nothing can be published with these settings, and the server was not asked. Mend what is marked with x.",
        )
    else:
        diagnosis.conclude(
            Verdict.SETTINGS,
            f"Nothing can be published from a shell here: {variable} is not set.",
            "NAO Cloud shows the account's key as auth_token on the user's My Profile page. In a CI system, make it",
            f"a protected secret and hand it over as {variable}. For `pulumi up` the stack's configuration will do:",
            f"`pulumi config set --secret {namespace}:apiKey`.",
            "To try without an account, run `pulumi-nao simulate` and paste the two lines that it prints.",
        )
    return diagnosis


def _settings(settings: Settings, namespace: str, environment: Mapping[str, str]) -> Iterator[Finding]:
    table: list[tuple[str, str, Callable[[], str]]] = [
        ("key", "apiKey", lambda: f"{_kind(settings.api_key(namespace).value)}, not shown"),
        ("server", "baseUrl", lambda: settings.stated_server(namespace) or PUBLIC_SERVER),
        ("time-out", "timeout", lambda: format_duration(settings.limit(namespace).seconds)),
    ]
    if namespace == DEFAULT_NAMESPACE:
        at_once = "16 from a shell, as many as the engine runs in `pulumi up`"
        table += [
            ("at a time", "concurrency", lambda: str(settings.concurrency() or at_once)),
            ("requests", "requestsPerSecond", lambda: _rate(settings.requests_per_second())),
        ]
    for subject, setting, value in table:
        name = variable_of(namespace, setting)
        source = f"environment variable {name}" if environment.get(name) else "default"
        try:
            yield Finding(subject, Mark.GOOD, f"{value()}  ({source})")
        except ConfigurationError as error:
            yield Finding(subject, Mark.BAD, error.headline, error.details)
    for text in misspelt_variables(namespace, environment):
        yield Finding("spelling", Mark.WARNING, text)
    elsewhere = "configuration cannot be read from here; in `pulumi up`, what `pulumi config` shows goes first"
    yield Finding("stack", Mark.NOTE, elsewhere)


def _kind(api_key: str) -> str:
    return "a JWT" if is_jwt(api_key) else "an API key"


def _rate(requests_per_second: float | None) -> str:
    return "no limit" if requests_per_second is None else f"{requests_per_second:g} a second"


def _expiry(api_key: str, limit: float) -> Iterator[Finding]:
    end = expiry_of(api_key)
    if end is None:
        return
    left = (end - datetime.now(timezone.utc)).total_seconds()
    if left <= 0:
        yield Finding("expired", Mark.WARNING, f"{format_duration(-left)} ago; get a new JWT, or use an API key")
    elif left < limit:
        text = f"in {format_duration(left)}, which is sooner than a publication may take"
        yield Finding("expires", Mark.WARNING, text)
    else:
        yield Finding("expires", Mark.GOOD, f"in {format_duration(left)}")


def _proxy(server: str) -> Finding:
    proxy = None if _is_here(server) else proxy_for(server)
    text = f"{proxy.url or 'set, and not shown'}  ({proxy.source})" if proxy else "none on the way to the server"
    return Finding("proxy", Mark.NOTE, text)


def _is_here(server: str) -> bool:
    return is_loopback(urlsplit(server).hostname or "")


def _ask(diagnosis: Diagnosis, client: NaoClient, key: ApiKey) -> None:
    server = client.base_url
    try:
        answer = client.probe()
    except PollFailed as trouble:
        diagnosis.findings.append(Finding("reached", Mark.BAD, f"no answer from {server}: {trouble.headline}"))
        diagnosis.conclude(
            Verdict.SERVER_NOT_REACHED,
            f"The server {server} cannot be reached: {trouble.headline}.",
            _IT_IS_HERE if _is_here(server) else _IT_IS_ELSEWHERE,
            "Nothing is known of the key yet.",
        )
        return
    _judge(diagnosis, server, answer, key)
    if answer.ahead is not None:
        diagnosis.findings.append(_clock(answer.ahead))


def _judge(diagnosis: Diagnosis, server: str, answer: Answer, key: ApiKey) -> None:
    reached = f"{server} answers {answer.status}"
    good = Finding("reached", Mark.GOOD, reached)
    if answer.code == HTTPStatus.UNAUTHORIZED:
        diagnosis.findings += [good, Finding("key", Mark.BAD, "the server does not accept it")]
        diagnosis.conclude(
            Verdict.KEY_REFUSED,
            f"The server is there, and it does not accept the key from the {key.origin}.",
            *key.advice,
            "Or the key belongs to another server than this one.",
        )
    elif answer.code == HTTPStatus.FORBIDDEN:
        diagnosis.findings += [good, Finding("key", Mark.BAD, "the server knows it, and allows it too little")]
        diagnosis.conclude(
            Verdict.KEY_REFUSED,
            "The server knows the key, and its user may not use the tracking API.",
            *ACCESS_ADVICE,
        )
    elif answer.code == HTTPStatus.NOT_FOUND and answer.is_documented_error:
        accepted = "accepted (the server looked for a job that cannot exist, and found none)"
        diagnosis.findings += [good, Finding("key", Mark.GOOD, accepted)]
    else:
        diagnosis.findings.append(Finding("reached", Mark.WARNING, reached))
        in_trouble = answer.code >= HTTPStatus.INTERNAL_SERVER_ERROR
        busy = in_trouble or answer.code == HTTPStatus.TOO_MANY_REQUESTS
        diagnosis.conclude(
            Verdict.NO_VERDICT,
            f"Something answers at {server}, but its answer tells nothing of the key: {answer.status}.",
            "The server is busy or in trouble; try again in a few minutes."
            if busy
            else "NAO Cloud answers otherwise. Check the server's address, and whether a proxy or a login page is in "
            "between.",
        )


def _clock(ahead: float) -> Finding:
    if abs(ahead) <= _CLOCK_TOLERANCE:
        return Finding("clock", Mark.GOOD, "agrees with the server's, within a minute")
    direction = "behind" if ahead > 0 else "ahead of"
    return Finding(
        "clock",
        Mark.WARNING,
        f"this machine's clock is {format_duration(abs(ahead))} {direction} the server's",
        ("A JWT may seem expired too early or too late. Set the clock by a time server.",),
    )


def is_jwt(api_key: str) -> bool:
    """Tell a JWT from an API key, by its form."""
    parts = api_key.split(".")
    return len(parts) == _JWT_PARTS and all(isinstance(_decoded(part), dict) for part in parts[:2])


def expiry_of(api_key: str) -> datetime | None:
    """Read from a JWT when it expires; its signature is left to the server."""
    end = _decoded(api_key.split(".")[1]).get("exp") if is_jwt(api_key) else None
    if isinstance(end, bool) or not isinstance(end, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(end, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _decoded(part: str) -> Any:  # noqa: ANN401 - JSON of any type
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
