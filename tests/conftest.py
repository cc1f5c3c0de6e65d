"""Fixtures that all tiers share."""

import os
import signal

import pytest

from pulumi_nao.simulator import Simulator
from tests.leaks import leaks_in, leaks_in_files

FOREIGN = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"}
INJECTED = pytest.StashKey()
MEANT = pytest.StashKey()
KEYS = ("k-0123456789-engine-tier", "k-0123456789-host-tier")


def pytest_configure():
    """Undo what a shell does to a command in the background: the processes that tests start would inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail any test after which a key stands in what was printed or logged, or in a file of its own folder."""
    report = yield
    if call.when != "teardown":
        return report
    injected = item.stash.get(INJECTED, KEYS)
    found = [f"{where}: {leak}" for where, text in report.sections for leak in leaks_in(text, injected)]
    folder = item.funcargs.get("tmp_path")
    if folder is not None and folder.exists():
        found += leaks_in_files(folder, injected, item.stash.get(MEANT, ()))
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = "a secret was written: " + "; ".join(found)
    return report


@pytest.fixture
def inject(request):
    """Name a secret that must not be written anywhere; files in which the test itself puts it are excepted."""

    def note(*secrets, meant=()):
        request.node.stash[INJECTED] = (*request.node.stash.get(INJECTED, KEYS), *secrets)
        request.node.stash[MEANT] = (*request.node.stash.get(MEANT, ()), *meant)
        return secrets[0] if secrets else None

    return note


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """Settings of whoever runs the tests must not reach them."""
    for name in list(os.environ):
        if name.startswith("NAO_") or name.lower().endswith("_proxy") or name in FOREIGN:
            monkeypatch.delenv(name)


@pytest.fixture
def nao():
    """A simulated NAO Cloud with two good sites, 910 and 912, and one without a graph, 911."""
    with Simulator() as simulator:
        for key in KEYS:
            simulator.add_key(key)
        simulator.add_site(910)
        simulator.add_site(911, graph=False)
        simulator.add_site(912)
        yield simulator
