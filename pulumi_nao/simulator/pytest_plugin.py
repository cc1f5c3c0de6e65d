"""A pytest fixture for the tests of Pulumi programs that publish tracking configurations.

Opt in in `conftest.py`::

    pytest_plugins = ["pulumi_nao.simulator.pytest_plugin"]

and ask for the fixture in a test::

    def test_deploys_the_warehouse(nao_simulator):
        nao_simulator.add_site(910)
        ...  # run the program
        assert nao_simulator.publications(910) == 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pulumi_nao.simulator.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "simulator-key"


@pytest.fixture
def nao_simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A running simulator without sites, with `NAO_BASE_URL` and `NAO_API_KEY` set to it.

    Jobs finish at the first look; `add_site(910, job_seconds=2)` makes one that takes its time.
    """
    with Simulator() as nao:
        nao.add_key(KEY)
        monkeypatch.setenv("NAO_BASE_URL", nao.url)
        monkeypatch.setenv("NAO_API_KEY", KEY)
        yield nao
