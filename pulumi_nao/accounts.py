"""For provider and command line alike: settings, clients, and what the clients of a process share."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_nao.cloud.address import PUBLIC_SERVER
from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.lifecycle import Runner
from pulumi_nao.waiting.locks import MachineLocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.cloud.client import NaoClient
    from pulumi_nao.cloud.key import ApiKey
    from pulumi_nao.config.settings import Settings
    from pulumi_nao.errors import NaoError
    from pulumi_nao.waiting.clock import Clock


@dataclass(frozen=True)
class Account:
    """One NAO Cloud account, ready to be used."""

    client: NaoClient
    runner: Runner


class Accounts:
    """Opens accounts; what limits those of one server together is shared."""

    def __init__(self, settings: Settings, clock: Clock, warn: Callable[[str], None]) -> None:
        self.settings = settings
        self._warn = warn
        self._clock = clock
        self._guard = threading.Lock()
        self._locks: MachineLocks | None = None
        self._servers: dict[str, tuple[RateLimiter, Circuit]] = {}
        self._open: dict[tuple[str, ApiKey], Account] = {}
        self._advice_given: set[tuple[str, ...]] = set()

    def open(self, namespace: str, server: str | None = None) -> Account:
        """Find an account's settings and make its client, for the configured server or a recorded one.

        Raises `ConfigurationError` where a setting is missing or malformed.
        """
        key = self.settings.api_key(namespace)
        if server is None:
            server = self.settings.stated_server(namespace) or PUBLIC_SERVER
        with self._guard:
            if (server, key) not in self._open:
                self._open[server, key] = self._opened(key, server)
            return self._open[server, key]

    def is_new(self, error: NaoError) -> bool:
        """Tell whether nobody has read an error's advice yet: once is enough for all sites."""
        with self._guard:
            first = error.advice not in self._advice_given
            self._advice_given.add(error.advice)
            return first

    def _opened(self, key: ApiKey, server: str) -> Account:
        # With requests and pydantic: in a run that sends nothing, importing them takes longer than all else.
        from pulumi_nao.cloud.client import NaoClient  # noqa: PLC0415

        if self._locks is None:
            self._locks = MachineLocks(self._clock, self.settings.concurrency(), self._warn)
        if server not in self._servers:
            limiter = RateLimiter(self._clock, self.settings.requests_per_second())
            self._servers[server] = limiter, Circuit(self._clock)
        limiter, circuit = self._servers[server]
        client = NaoClient(key, server, clock=self._clock, rate_limiter=limiter, circuit=circuit)
        return Account(client, Runner(client, self._clock, self._locks))
