"""What the program does: the real engine, and a simulated NAO Cloud in place of the real one."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi import automation

HERE = str(Path(__file__).resolve().parent)


@pytest.fixture
def stack(tmp_path, monkeypatch, nao_simulator):
    """A new stack with a state of its own; key and server are those of the simulator."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", tmp_path.as_uri())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "test")
    for site in (910, 912):
        nao_simulator.add_site(site)
    made = automation.create_stack("test", work_dir=HERE)
    yield made
    made.workspace.remove_stack("test", force=True)


def test_each_site_is_published_once(stack, nao_simulator):
    stack.up()
    stack.up()
    assert [nao_simulator.publications(site) for site in (910, 912)] == [1, 1]


def test_a_site_without_a_graph_fails_the_deployment(stack, nao_simulator):
    nao_simulator.add_site(912, graph=False)
    with pytest.raises(automation.CommandError, match="publication of site 912 failed: Missing graph"):
        stack.up()
