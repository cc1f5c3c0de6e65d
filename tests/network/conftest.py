"""A real piece of a network: nginx, as it is installed."""

import pytest

from tests.missing import leave_out
from tests.network import nginx as nginx_process
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


@pytest.fixture
def stack(nginx):
    return Stack(nginx.url)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)
