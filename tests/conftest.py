"""Fixtures that all tiers share."""

import contextlib
import os
import signal
import subprocess
import tempfile

import pytest

from pulumi_nao.cloud import client
from pulumi_nao.simulator import Simulator
from tests.leaks import WATCH, leaks_in, leaks_in_files
from tests.tiers import Tally, is_full_width, place, shared_module

INJECTED = pytest.StashKey()
MEANT = pytest.StashKey()
FOLDERS = pytest.StashKey()
KEYS = ("k-0123456789-engine-tier", "k-0123456789-host-tier")


def pytest_configure(config):
    """Undo what a shell does to a command in the background: the processes that tests start would inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(Tally())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Say which tests are of the full width, and which share a run and so a worker; the dear ones go first."""
    for item in items:
        if is_full_width(item):
            item.add_marker(pytest.mark.acceptance)
        if module := shared_module(item):
            item.add_marker(pytest.mark.xdist_group(module))
    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Fail any test after which a key stands in what it or its processes wrote, or in a file of its own folder."""
    report = yield
    if call.when != "teardown":
        return report
    injected = sorted({*item.stash.get(INJECTED, KEYS), *WATCH.secrets})
    written = [*report.sections, ("a pipe", "\n".join(WATCH.written))]
    found = [f"{where}: {leak}" for where, text in written for leak in leaks_in(text, injected)]
    for folder in [*filter(None, [item.funcargs.get("tmp_path")]), *item.stash.get(FOLDERS, ())]:
        if folder.exists():
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


@pytest.fixture
def searched(request, _watch):
    """Take a run that other tests ask too as this test's own: its folder, and what it wrote."""

    def note(folder, *texts):
        request.node.stash[FOLDERS] = (*request.node.stash.get(FOLDERS, ()), folder)
        WATCH.note_text(*texts)

    return note


@pytest.fixture(autouse=True)
def _watch(monkeypatch):
    """Take note of every key that the test gives to somebody, and of what its processes write."""
    WATCH.__init__()
    add_key, protect = Simulator.add_key, client.protect
    start, communicate = subprocess.Popen.__init__, subprocess.Popen.communicate

    def start_noting(process, *arguments, **named):
        for name, value in (named.get("env") or os.environ).items():
            if name.endswith("_API_KEY"):
                WATCH.note_key(value)
        start(process, *arguments, **named)

    def communicate_noting(process, *arguments, **named):
        said = communicate(process, *arguments, **named)
        WATCH.note_text(*said)
        return said

    def add_key_noting(simulator, key, *arguments, **named):
        WATCH.note_key(key)
        return add_key(simulator, key, *arguments, **named)

    def protect_noting(key):
        WATCH.note_key(key)
        protect(key)

    monkeypatch.setattr(Simulator, "add_key", add_key_noting)
    monkeypatch.setattr(client, "protect", protect_noting)
    monkeypatch.setattr(subprocess.Popen, "__init__", start_noting)
    monkeypatch.setattr(subprocess.Popen, "communicate", communicate_noting)


@pytest.fixture(autouse=True, scope="session")
def _temporary_folder(tmp_path_factory):
    """A worker and the processes that it starts keep others out of nothing: made-up servers are the same for all."""
    folder = str(tmp_path_factory.mktemp("tmp"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    """Settings of whoever runs the tests must not reach them."""
    for name in filter(foreign, list(os.environ)):
        monkeypatch.delenv(name)


@pytest.fixture
def nao():
    """A simulated NAO Cloud with two good sites, 910 and 912, and one without a graph, 911."""
    with simulated() as simulator:
        yield simulator


def foreign(name):
    """Whether a variable of the environment is a setting of whoever runs the tests."""
    others = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"}
    return name.startswith("NAO_") or name.lower().endswith("_proxy") or name in others


@contextlib.contextmanager
def simulated():
    """A simulated NAO Cloud as `nao` is one, for a run that several tests ask."""
    with Simulator() as simulator:
        for key in KEYS:
            simulator.add_key(key)
        simulator.add_site(910)
        simulator.add_site(911, graph=False)
        simulator.add_site(912)
        yield simulator
