"""The operations of publications, with settings of a test's own."""

from pulumi_nao.accounts import Accounts
from pulumi_nao.config.settings import Settings
from pulumi_nao.resources.kinds import PUBLICATION
from pulumi_nao.resources.operations import Operations
from pulumi_nao.waiting.clock import SystemClock


def operations(config, host, environment=None, kind=PUBLICATION):
    settings = Settings((config or {}).get, environment or {})
    return Operations(kind, Accounts(settings, SystemClock(host.cancel), host.warn), host)
