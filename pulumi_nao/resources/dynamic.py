"""The operations of a process of the dynamic host."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pulumi_nao.accounts import Accounts
from pulumi_nao.config.settings import Settings
from pulumi_nao.host.dynamic import DynamicHost, attach
from pulumi_nao.resources.operations import Operations
from pulumi_nao.waiting.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.resources.kinds import Kind

_accounts: WeakKeyDictionary[DynamicHost, Accounts] = WeakKeyDictionary()
_guard = threading.Lock()


def operations_of_process(kind: Kind, config: Callable[[str], str | None]) -> Operations:
    """The operations of a kind of resource; all kinds share what limits the requests of a process."""
    host = attach()
    with _guard:
        if host not in _accounts:
            _accounts[host] = Accounts(Settings(config, os.environ), SystemClock(host.cancel), host.warn)
        return Operations(kind, _accounts[host], host)
