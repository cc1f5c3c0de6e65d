"""Real pieces of a network: nginx as it is installed, toxiproxy as `tools/network` builds it."""

import contextlib

import pytest

from tests.missing import leave_out
from tests.network import nginx as nginx_process
from tests.network import toxiproxy as toxiproxy_process
from tests.network.authority import Authority
from tests.network.run import Stack
from tests.plugin_host.conftest import host, start_host  # noqa: F401 - fixtures


@pytest.fixture
def nginx(nao, tmp_path):
    executable = nginx_process.find_nginx()
    if not executable:
        leave_out(nginx_process.HOW_TO_GET_IT)
    process = nginx_process.Nginx(executable, tmp_path / "nginx", nao.url)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def toxiproxy():
    executable, said = toxiproxy_process.find_toxiproxy()
    if not executable:
        leave_out(f"{toxiproxy_process.HOW_TO_GET_IT}\n{said}")
    with contextlib.closing(toxiproxy_process.Toxiproxy(executable)) as server:
        yield server


@pytest.fixture
def link(toxiproxy, nao):
    link = toxiproxy_process.FaultyLink(toxiproxy, nao.url)
    yield link
    link.remove()


@pytest.fixture
def stack(nginx):
    return Stack(nginx.url)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)
