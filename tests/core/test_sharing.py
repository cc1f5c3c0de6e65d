"""What all accounts of a process share when they are on one server."""

import pytest

from pulumi_nao.accounts import Accounts
from pulumi_nao.cli.accounts import ShellAccounts
from pulumi_nao.config.settings import Settings
from pulumi_nao.waiting.clock import SystemClock

ENVIRONMENT = {
    "NAO_API_KEY": "k-of-one-account",
    "NAO_BASE_URL": "https://nao.example.com",
    "NAO_EU_API_KEY": "k-of-another-account",
    "NAO_EU_BASE_URL": "https://nao.example.com",
    "NAO_TEST_API_KEY": "k-of-another-server",
    "NAO_TEST_BASE_URL": "https://nao.example.org",
}


def in_a_run_of_pulumi():
    accounts = Accounts(Settings(lambda _name: None, ENVIRONMENT), SystemClock(), lambda _text: None)
    servers = {"nao": "com", "nao-eu": "com", "nao-test": "org"}
    return [accounts.open(namespace, f"https://nao.example.{end}").client for namespace, end in servers.items()]


def from_a_shell():
    accounts = ShellAccounts(SystemClock(), None)
    return [accounts.open(namespace).client for namespace in ("nao", "nao-eu", "nao-test")]


@pytest.mark.parametrize("clients", [in_a_run_of_pulumi, from_a_shell])
@pytest.mark.parametrize("shared", ["_rate_limiter", "_circuit"])
def test_accounts_of_one_server_share_its_limits_and_its_absence(monkeypatch, clients, shared):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pulumi_nao.cli.accounts.hide", lambda _key: None)  # the streams are the test runner's
    one, another, elsewhere = (getattr(client, shared) for client in clients())
    assert one is another
    assert one is not elsewhere
