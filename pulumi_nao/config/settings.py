"""The account and the limits: what the stack's configuration says, else the environment, else a default."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_nao.cloud.address import PUBLIC_SERVER, canonical_server
from pulumi_nao.cloud.key import ApiKey, key_advice, key_problem
from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, setting_names, variable_of
from pulumi_nao.config.surface import PYTHON, Surface
from pulumi_nao.errors import ConfigurationError
from pulumi_nao.text import parse_timeout
from pulumi_nao.waiting.clock import DEFAULT_LIMIT, Limit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Parsed = TypeVar("Parsed")

MALFORMED = "(malformed)"  # a server that no other equals
MOST_AT_ONCE = 512
FEWEST_REQUESTS_PER_SECOND = 0.01  # with fewer, every look would outlast its wait
MOST_REQUESTS_PER_SECOND = 1000.0

_NUMBER = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Setting:
    value: str = field(repr=False)  # it may be the key
    source: str  # for errors: `configuration nao:apiKey`, `environment variable NAO_API_KEY`

    def read(self, parse: Callable[[str], Parsed]) -> Parsed:
        try:
            return parse(self.value)
        except ValueError as error:
            raise ConfigurationError(f"{self.source}: {error}") from None


class Settings:
    """Everything that can be configured, for each namespace.

    Each raises `ConfigurationError` for what is missing where it is needed, malformed or out of range. Without
    `config` there is no stack. Configuration and environment stay as they are while a process runs: what every
    resource asks for is read once.
    """

    def __init__(
        self,
        config: Callable[[str], str | None] | None,
        environment: Mapping[str, str],
        surface: Surface = PYTHON,
    ) -> None:
        self.surface = surface
        self._config = config
        self._environment = environment
        self._keys: set[str] = set()
        self._servers: dict[str, str | None] = {}
        self._problems: dict[str, tuple[str, ...]] = {}

    @property
    def keys(self) -> frozenset[str]:
        """The keys that were found so far, good or not: what must never be printed."""
        return frozenset(self._keys)  # other threads may find more meanwhile

    def api_key(self, namespace: str) -> ApiKey:
        found = self._find(namespace, "apiKey")
        if found is None:
            raise ConfigurationError("there is no NAO Cloud key", self.how_to_set(namespace, "apiKey"))
        self._check_key(found)
        places = self.surface.places.format(namespace=namespace, key="apiKey")
        opening = f"A key is looked for in {places}, then in the environment ({variable_of(namespace, 'apiKey')}):"
        return ApiKey(found.value, found.source, key_advice(opening))

    def lack_of_key(self, namespace: str) -> str:
        """Say at a preview what an `up` would lack."""
        if self._find(namespace, "apiKey"):
            return ""
        how = self.how_to_set(namespace, "apiKey")
        return f"there is no NAO Cloud key, so `pulumi up` could not send anything. {how}"

    def stated_server(self, namespace: str) -> str | None:
        """The server that somebody has stated, in canonical form; `None` when nobody has."""
        if namespace not in self._servers:
            self._servers[namespace] = self._read_server(namespace)
        return self._servers[namespace]

    def _read_server(self, namespace: str) -> str | None:
        found = self._find(namespace, "baseUrl")
        if found is None:
            if namespace == DEFAULT_NAMESPACE:
                return None
            raise ConfigurationError(
                f"the configuration namespace {namespace!r} states no server",
                self.how_to_set(namespace, "baseUrl", PUBLIC_SERVER),
            )
        return found.read(canonical_server)

    def limit(self, namespace: str) -> Limit:
        found = self._find(namespace, "timeout")
        return Limit(found.read(_seconds), found.source) if found else DEFAULT_LIMIT

    def concurrency(self) -> int | None:
        """How many publications may run at once; `None` for as many as the engine asks for."""
        found = self._find(DEFAULT_NAMESPACE, "concurrency")
        return found.read(_concurrency) if found else None

    def requests_per_second(self) -> float | None:
        """How many requests a second all publications on one server may make together; `None` for no limit."""
        found = self._find(DEFAULT_NAMESPACE, "requestsPerSecond")
        return found.read(_requests_per_second) if found else None

    def problems(self, namespace: str) -> list[str]:
        """List what cannot work, without a word on a key that is absent: previews need none."""
        if namespace not in self._problems:
            checks: tuple[Callable[[], object], ...] = (
                lambda: self._check_key(self._find(namespace, "apiKey")),
                lambda: self.stated_server(namespace),
                lambda: self.limit(namespace),
                self.concurrency,
                self.requests_per_second,
            )
            self._problems[namespace] = tuple(problem for check in checks if (problem := _problem(check)))
        return [*self._problems[namespace]]

    def seen(self, namespace: str) -> dict[str, Any]:
        """What a program tells the provider of its configuration, see `inputs.CONFIGURATION`."""
        try:
            server = self.stated_server(namespace) or ""
        except ConfigurationError:
            server = MALFORMED if self._find(namespace, "baseUrl") else ""
        return {"server": server, "names": [name for name in setting_names(namespace) if self.is_configured(name)]}

    def is_configured(self, name: str) -> bool:
        return self._config is not None and self._config(name) is not None

    def command(self, namespace: str, key: str, value: str = "") -> str:
        options = "--secret " if key == "apiKey" else ""
        return self.surface.command.format(
            options=options, namespace=namespace, key=key, value=f" {value}" if value else ""
        )

    def how_to_set(self, namespace: str, key: str, value: str = "") -> str:
        name = variable_of(namespace, key)
        if self._config is None:
            return f"Set {name} in the environment."
        return f"Set it with {self.command(namespace, key, value)}, or set {name} in the environment."

    def _check_key(self, found: Setting | None) -> None:
        problem = key_problem(found.value) if found else ""
        if found and problem:
            raise ConfigurationError(f"the key from the {found.source} cannot be used: {problem}")

    def _find(self, namespace: str, key: str) -> Setting | None:
        """Look a setting up; an empty variable counts as not set, as CI systems leave it for an absent secret."""
        name = f"{namespace}:{key}"
        value = self._config(name) if self._config else None
        source = self.surface.setting(namespace, key)
        if value is None:
            variable = variable_of(namespace, key)
            value = self._environment.get(variable) or None
            source = f"environment variable {variable}"
        if value is None:
            return None
        if not isinstance(value, str):
            raise ConfigurationError(f"{source}: write it as text")
        if key == "apiKey":
            self._keys.add(value)
        return Setting(value, source)


def hidden_settings(names: Sequence[str]) -> str:
    variables = [variable_of(*name.split(":", 1)) for name in names]
    return (
        f"an explicit provider of the package pulumi-python hides Pulumi's configuration, which sets "
        f"{', '.join(names)}. Leave that provider out (the option `provider`, or `providers` of a parent), or move "
        f"the settings into the environment: {', '.join(variables)}."
    )


def _seconds(text: str) -> float:
    return parse_timeout(text.strip())


def _concurrency(text: str) -> int:
    text = text.strip()  # `int` takes less off
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= MOST_AT_ONCE:
        raise ValueError(f"write a whole number from 1 to {MOST_AT_ONCE}")
    return int(text)


def _requests_per_second(text: str) -> float:
    text = text.strip()
    if not _NUMBER.fullmatch(text) or not FEWEST_REQUESTS_PER_SECOND <= float(text) <= MOST_REQUESTS_PER_SECOND:
        raise ValueError("write a number from 0.01 to 1000, such as 5 or 0.5")
    return float(text)


def _problem(check: Callable[[], object]) -> str:
    try:
        check()
    except ConfigurationError as error:
        return " ".join([f"{error.headline}.", *error.details])
    return ""
