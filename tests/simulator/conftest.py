from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pulumi_nao.simulator import Simulator
from tests.core.fake_clock import FakeClock

from .wire import DOCUMENTED_JOB, KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def clock() -> FakeClock:
    """Stands at 2023-11-13 19:50:57.145 UTC until it is moved."""
    return FakeClock(start=DOCUMENTED_JOB)


@pytest.fixture
def nao(clock: FakeClock) -> Iterator[Simulator]:
    """A running simulator with one key, site 910, and jobs of 20 seconds on a clock that stands."""
    with Simulator(job_seconds=20.0, clock=clock.now) as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        yield nao


@pytest.fixture
def raw(nao: Simulator) -> Callable[[str], str]:
    """Send characters as they are, close the sending side, and return all that comes back."""

    def exchange(sent: str) -> str:
        address = urlsplit(nao.url)
        with socket.create_connection((address.hostname, address.port), timeout=30) as connection:
            connection.sendall(sent.encode())
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as received:
                return received.read().decode()

    return exchange
