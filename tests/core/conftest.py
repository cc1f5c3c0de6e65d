import pytest

from tests.core.fake_clock import FakeClock


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch):
    """Exact times can be stated only without chance."""
    monkeypatch.setattr("pulumi_nao.jobs.random.uniform", lambda _low, _high: 1.0)
