"""Fixtures that all tiers share."""

import os

import pytest

from pulumi_nao.simulator import Simulator

FOREIGN = {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"}
KEYS = ("k-0123456789-engine-tier", "k-0123456789-host-tier")


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
