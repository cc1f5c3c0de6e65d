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


class ShellAccounts(Accounts):
    """Opens accounts for somebody at a shell: keeps keys off the screen, and warns of what is no setting."""

    def __init__(self, clock: Clock, limit: Limit | None) -> None:
        super().__init__(Settings(None, os.environ), clock, _warn)
        self._limit = limit
        self._told: set[str] = set()

    def open(self, namespace: str, server: str | None = None) -> Account:
        if namespace not in self._told:
            for text in misspelt_variables(namespace, os.environ):
                _warn(text)
            self.limit(namespace)  # refuses a malformed one before anything is sent
            hide(self.settings.api_key(namespace).value)
            self._told.add(namespace)
        return super().open(namespace, server)

    def limit(self, namespace: str) -> Limit:
        return self._limit or self.settings.limit(namespace)


def _warn(text: str) -> None:
    standard_error().line(f"warning: {text}")
