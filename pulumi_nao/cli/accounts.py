"""The accounts that a command works with, as the environment describes them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pulumi_nao.cli.streams import hide, standard_error
from pulumi_nao.cloud.address import PUBLIC_SERVER
from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.config.settings import Settings
from pulumi_nao.config.spelling import misspelt_variables
from pulumi_nao.lifecycle import Publisher
from pulumi_nao.waiting.clock import Limit
from pulumi_nao.waiting.locks import Locks

if TYPE_CHECKING:
    from pulumi_nao.waiting.clock import Clock


@dataclass(frozen=True)
class Account:
    """One NAO Cloud account.

    Attributes:
        namespace: Where its settings are found.
        client: Its server.
        publisher: Publishes its sites.
        limit: How long one publication may take.
    """

    namespace: str
    client: NaoClient
    publisher: Publisher
    limit: Limit


class Accounts:
    """Opens accounts; what limits those of one server together is shared.

    Args:
        clock: Tells the time, and when waiting has to end.
        timeout: Seconds from the command line, which go before the environment's.

    Attributes:
        at_once: How many publications may run at a time; `None` when that is not configured.

    Raises:
        ConfigurationError: A limit in the environment is malformed.
    """

    def __init__(self, clock: Clock, timeout: float | None) -> None:
        self._settings = Settings(None, os.environ)
        self.at_once = self._settings.concurrency()
        self._clock = clock
        self._locks = Locks(clock)
        self._requests_per_second = self._settings.requests_per_second()
        self._rate_limiters: dict[str, RateLimiter] = {}
        self._circuits: dict[str, Circuit] = {}
        self._timeout = Limit(timeout, "--timeout") if timeout is not None else None
        self._open: dict[str, Account] = {}

    def open(self, namespace: str) -> Account:
        """Find an account's settings and make its client, without a request; warn of what is no setting.

        Args:
            namespace: Where its settings are found.

        Raises:
            ConfigurationError: A setting is missing or malformed.
        """
        if namespace not in self._open:
            for text in misspelt_variables(namespace, os.environ):
                standard_error().line(f"warning: {text}")
            limit = self._timeout or self._settings.limit(namespace)
            server = self._settings.stated_server(namespace) or PUBLIC_SERVER
            key = self._settings.api_key(namespace)
            hide(key.value)
            rate_limiter = self._rate_limiters.setdefault(server, RateLimiter(self._clock, self._requests_per_second))
            client = NaoClient(
                key,
                server,
                clock=self._clock,
                rate_limiter=rate_limiter,
                circuit=self._circuits.setdefault(server, Circuit(self._clock)),
            )
            publisher = Publisher(client, self._clock, self._locks)
            self._open[namespace] = Account(namespace, client, publisher, limit)
        return self._open[namespace]
