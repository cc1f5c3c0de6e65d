"""The accounts that a command works with, as the environment describes them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pulumi_nao.accounts import Account, Accounts
from pulumi_nao.cli.streams import hide, standard_error
from pulumi_nao.config.settings import Settings
from pulumi_nao.config.spelling import misspelt_variables

if TYPE_CHECKING:
    from pulumi_nao.waiting.clock import Clock, Limit


class Desk:
    """Opens accounts for somebody at a shell."""

    def __init__(self, clock: Clock, limit: Limit | None) -> None:
        self.settings = Settings(None, os.environ)
        self.accounts = Accounts(self.settings, clock, _warn)
        self._limit = limit
        self._open: dict[str, Account] = {}

    def open(self, namespace: str) -> Account:
        """Open an account, keep its key off the screen, and warn of what is no setting."""
        if namespace not in self._open:
            for text in misspelt_variables(namespace, os.environ):
                _warn(text)
            self.limit(namespace)  # refuses a malformed one before anything is sent
            hide(self.settings.api_key(namespace).value)
            self._open[namespace] = self.accounts.open(namespace)
        return self._open[namespace]

    def limit(self, namespace: str) -> Limit:
        return self._limit or self.settings.limit(namespace)


def _warn(text: str) -> None:
    standard_error().line(f"warning: {text}")
