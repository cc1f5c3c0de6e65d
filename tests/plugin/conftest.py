"""The native plugin as a process of its own, at the oldest supported SDK and the locked one; there is no engine."""

import contextlib
import itertools

import pytest

from pulumi_nao.simulator import Simulator
from tests.plugin.driver import Publication, running_plugin
from tests.plugin_host.conftest import KEY, link_package, python_of

_sites = itertools.count(1000)
GREETINGS = {"oldest": "", "locked": "Handshake"}
SDKS = [*GREETINGS]


def environment_of(folder, nao):
    return {"PYTHONPATH": str(folder), "NAO_API_KEY": KEY, "NAO_BASE_URL": nao.url}


@pytest.fixture(scope="module")
def shared_nao():
    """One server for a module: each test has a site of its own."""
    with Simulator() as simulator:
        simulator.add_key(KEY)
        yield simulator


@pytest.fixture(scope="module", params=SDKS)
def shared_plugin(request, shared_nao, tmp_path_factory):
    """One plugin for a module, for what needs none of its own."""
    folder = link_package(tmp_path_factory.mktemp("plugin"))
    environment = environment_of(folder, shared_nao)
    with running_plugin(python_of(request.param), folder, environment, GREETINGS[request.param]) as plugin:
        plugin.configure({})
        yield plugin


@pytest.fixture
def site(shared_nao):
    number = next(_sites)
    shared_nao.add_site(number)
    return number


@pytest.fixture
def publication(shared_plugin, site):
    return Publication(shared_plugin, f"site-{site}")


@pytest.fixture(params=SDKS)
def start_plugin(request, nao, tmp_path):
    """Start a plugin of the test's own, with settings of its provider and variables of its environment."""
    link_package(tmp_path)
    with contextlib.ExitStack() as running:

        def start(settings=None, **environment):
            everything = {**environment_of(tmp_path, nao), **environment}
            plugin = running.enter_context(
                running_plugin(python_of(request.param), tmp_path, everything, GREETINGS[request.param])
            )
            if settings is not None:
                plugin.configure(settings)
            return plugin

        yield start


@pytest.fixture
def plugin(start_plugin):
    return start_plugin({})
