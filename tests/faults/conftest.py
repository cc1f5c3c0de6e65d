import pytest


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch):
    """The number of POSTs can be stated only without chance."""
    monkeypatch.setattr("pulumi_nao.jobs.random.uniform", lambda _low, _high: 1.0)
