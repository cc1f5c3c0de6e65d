"""The doctor's examination of an account: its settings, then one harmless question to its server."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pulumi_nao.cli.diagnosis import Diagnosis, Finding, Mark, Verdict
from pulumi_nao.cli.streams import hide
from pulumi_nao.cli.token import expiry_of, is_jwt
from pulumi_nao.cloud.address import PUBLIC_SERVER, is_loopback
from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.cloud.proxies import proxy_for
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, environment_prefix
from pulumi_nao.config.settings import Settings
from pulumi_nao.config.spelling import misspelt_variables
from pulumi_nao.errors import ACCESS_ADVICE, ConfigurationError, PollFailed
from pulumi_nao.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pulumi_nao.cloud.key import ApiKey
    from pulumi_nao.models import Probe

_ANSWER_TIMEOUT = 20.0
_CLOCK_TOLERANCE = 60.0
_IT_IS_HERE = (
    "It is on this machine: check its port, and that it runs; `pulumi-nao simulate` runs a simulated NAO Cloud."
)
_IT_IS_ELSEWHERE = (
    "Check its address, that it runs, this machine's network and DNS, and the proxy and CA settings above."
)
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 401, 403, 404, 429


def examine_account(namespace: str, environment: Mapping[str, str]) -> Diagnosis:
    """Look at an account's settings and, if they can work, ask its server."""
    diagnosis = Diagnosis()
    settings = Settings(None, environment)
    client = _client(diagnosis, settings, namespace, environment)
    if client is not None:
        with client:
            _ask(diagnosis, client, settings.api_key(namespace))
    return diagnosis


def _client(
    diagnosis: Diagnosis, settings: Settings, namespace: str, environment: Mapping[str, str]
) -> NaoClient | None:
    problems: list[ConfigurationError] = []

    def look(subject: str, variable: str, value: Callable[[], str]) -> None:
        source = _source(environment, namespace, variable)
        try:
            text = value()
        except ConfigurationError as error:
            problems.append(error)
            diagnosis.findings.append(Finding(subject, Mark.BAD, error.headline, error.details))
        else:
            diagnosis.findings.append(Finding(subject, Mark.GOOD, f"{text}  ({source})"))

    look("key", "API_KEY", lambda: f"{_kind(settings.api_key(namespace).value)}, not shown")
    look("server", "BASE_URL", lambda: settings.stated_server(namespace) or PUBLIC_SERVER)
    look("time-out", "TIMEOUT", lambda: format_duration(settings.limit(namespace).seconds))
    if namespace == DEFAULT_NAMESPACE:
        look(
            "at a time",
            "CONCURRENCY",
            lambda: str(settings.concurrency() or "16 from a shell, as many as the engine runs in `pulumi up`"),
        )
        look("requests", "REQUESTS_PER_SECOND", lambda: _rate(settings.requests_per_second()))
    diagnosis.findings += [
        Finding("spelling", Mark.WARNING, text) for text in misspelt_variables(namespace, environment)
    ]
    diagnosis.findings.append(
        Finding(
            "stack",
            Mark.NOTE,
            "configuration cannot be read from here; in `pulumi up`, what `pulumi config` shows goes first",
        )
    )
    if not problems:
        key = settings.api_key(namespace)
        hide(key.value)
        diagnosis.findings += _expiry(key.value, settings.limit(namespace).seconds)
        server = settings.stated_server(namespace) or PUBLIC_SERVER
        diagnosis.findings.append(_proxy(server))
        return NaoClient(key, server, answer_timeout=_ANSWER_TIMEOUT)
    variable = environment_prefix(namespace) + "API_KEY"
    if not environment.get(variable):
        diagnosis.conclude(
            Verdict.SETTINGS,
            f"Nothing can be published from a shell here: {variable} is not set.",
            "NAO Cloud shows the account's key as auth_token on the user's My Profile page. In a CI system, make it",
            f"a protected secret and hand it over as {variable}. For `pulumi up` the stack's configuration will do:",
            f"`pulumi config set --secret {namespace}:apiKey`.",
            "To try without an account, run `pulumi-nao simulate` and paste the two lines that it prints.",
        )
    else:
        diagnosis.conclude(
            Verdict.SETTINGS,
            "Nothing can be published with these settings, and the server was not asked. Mend what is marked with x.",
        )
    return None


def _proxy(server: str) -> Finding:
    proxy = None if is_loopback(urlsplit(server).hostname or "") else proxy_for(server)
    if proxy is None:
        return Finding("proxy", Mark.NOTE, "none on the way to the server")
    return Finding("proxy", Mark.NOTE, f"{proxy.url or 'set, and not shown'}  ({proxy.source})")


def _kind(api_key: str) -> str:
    return "a JWT" if is_jwt(api_key) else "an API key"


def _expiry(api_key: str, limit: float) -> list[Finding]:
    end = expiry_of(api_key)
    if end is None:
        return []
    left = (end - datetime.now(timezone.utc)).total_seconds()
    if left <= 0:
        text = f"{format_duration(-left)} ago; get a new JWT, or use an API key"
        return [Finding("expired", Mark.WARNING, text)]
    if left < limit:
        text = f"in {format_duration(left)}, which is sooner than a publication may take"
        return [Finding("expires", Mark.WARNING, text)]
    return [Finding("expires", Mark.GOOD, f"in {format_duration(left)}")]


def _ask(diagnosis: Diagnosis, client: NaoClient, key: ApiKey) -> None:
    try:
        answer = client.probe()
    except PollFailed as trouble:
        diagnosis.findings.append(
            Finding("reached", Mark.BAD, f"no answer from {client.base_url}: {trouble.headline}")
        )
        here = is_loopback(urlsplit(client.base_url).hostname or "")
        diagnosis.conclude(
            Verdict.SERVER_NOT_REACHED,
            f"The server {client.base_url} cannot be reached: {trouble.headline}.",
            _IT_IS_HERE if here else _IT_IS_ELSEWHERE,
            "Nothing is known of the key yet.",
        )
        return
    _judge(diagnosis, client, answer, key)
    if answer.ahead is not None:
        diagnosis.findings.append(_clock(answer.ahead))


def _judge(diagnosis: Diagnosis, client: NaoClient, answer: Probe, key: ApiKey) -> None:
    reached = Finding("reached", Mark.GOOD, f"{client.base_url} answers {answer.status}")
    if answer.status_code == _UNAUTHORIZED:
        diagnosis.findings += [reached, Finding("key", Mark.BAD, "the server does not accept it")]
        diagnosis.conclude(
            Verdict.KEY_REFUSED,
            f"The server is there, and it does not accept the key from the {key.origin}.",
            *key.advice,
            "Or the key belongs to another server than this one.",
        )
    elif answer.status_code == _FORBIDDEN:
        diagnosis.findings += [reached, Finding("key", Mark.BAD, "the server knows it, and allows it too little")]
        diagnosis.conclude(
            Verdict.KEY_REFUSED,
            "The server knows the key, and its user may not use the tracking API.",
            *ACCESS_ADVICE,
        )
    elif answer.status_code == _NOT_FOUND and answer.is_documented_error:
        accepted = "accepted (the server looked for a job that cannot exist, and found none)"
        diagnosis.findings += [reached, Finding("key", Mark.GOOD, accepted)]
    else:
        diagnosis.findings.append(Finding("reached", Mark.WARNING, reached.text))
        busy = answer.status_code == _TOO_MANY or answer.status_code >= 500  # noqa: PLR2004 - the 5xx
        diagnosis.conclude(
            Verdict.NO_VERDICT,
            f"Something answers at {client.base_url}, but its answer tells nothing of the key: {answer.status}.",
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


def _source(environment: Mapping[str, str], namespace: str, variable: str) -> str:
    name = environment_prefix(namespace) + variable
    return f"environment variable {name}" if environment.get(name) else "default"


def _rate(requests_per_second: float | None) -> str:
    return "no limit" if requests_per_second is None else f"{requests_per_second:g} a second"
