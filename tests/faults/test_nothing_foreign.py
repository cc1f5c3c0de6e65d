"""Whatever arrives, the core raises its own errors only."""

import json

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_nao import NaoError
from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.simulator import Simulator
from tests.core.fake_clock import FakeClock
from tests.faults.catalogue import FAULTS, fault
from tests.faults.catalogue.connection import Garbled
from tests.faults.run import KEY, PATIENCE, SILENT

BRIEF = {"refuse": "refuse:0.01"}


@pytest.fixture(scope="module")
def nao():
    with Simulator() as nao:
        nao.add_key(KEY)
        nao.add_site(910)
        yield nao


@pytest.fixture
def client(nao, request):
    silent = request.node.callspec.params.get("name") in SILENT if hasattr(request.node, "callspec") else False
    nao.clear_scripts()
    with NaoClient(KEY, nao.url, clock=FakeClock(), answer_timeout=PATIENCE if silent else 30.0) as client:
        yield client


def own_errors_only(call):
    try:
        return call()
    except NaoError:
        return None


@pytest.mark.parametrize("name", FAULTS)
def test_a_publication_raises_no_foreign_exception(client, nao, name):
    nao.script("publish", fault(BRIEF.get(name, name)))
    own_errors_only(lambda: client.publish(910))


@pytest.mark.parametrize("name", FAULTS)
def test_a_look_raises_no_foreign_exception(client, nao, name):
    job = client.job(_started(nao))
    nao.script("job", fault(BRIEF.get(name, name)))
    own_errors_only(job.poll)


def test_a_foreign_exception_would_be_noticed(client, nao, monkeypatch):
    monkeypatch.setattr("pulumi_nao.cloud.client.EXCHANGE_FAILURES", ())
    nao.script("publish", fault("reset-before"))
    with pytest.raises(requests.ConnectionError):
        own_errors_only(lambda: client.publish(910))


HEADER = st.text(st.characters(max_codepoint=255), max_size=30).map(lambda text: text.encode("latin-1"))
NAMES = st.sampled_from(
    [
        b"Location",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Content-Encoding",
        b"Retry-After",
        b"Date",
        b"Connection",
    ]
)
VALUES = st.one_of(
    HEADER,
    st.sampled_from(
        [b"chunked", b"gzip", b"-1", b"0", b"99999999999999999999", b"/api/v2/background_jobs/1", b"//["]
    ),
)
LINES = st.lists(st.tuples(st.one_of(NAMES, HEADER), VALUES), max_size=5)
STATUS = st.one_of(st.sampled_from([b"200", b"202", b"303", b"429", b"503"]), st.binary(max_size=5))
FIELDS = st.sampled_from(["data", "attributes", "id", "status", "has_finished", "message", "created_at"])
BODIES = st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=10)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["data", "attributes", "id", "status", "has_finished", "message", "created_at"]),
                inner,
            ),
        ),
        max_leaves=10,
    ).map(lambda value: json.dumps(value).encode()),
)


@settings(deadline=None, max_examples=200)
@given(status=STATUS, lines=LINES, body=BODIES)
def test_no_answer_however_odd_raises_a_foreign_exception(nao, status, lines, body):
    head = b"HTTP/1.1 " + status + b" Odd\r\n" + b"".join(name + b": " + value + b"\r\n" for name, value in lines)
    odd = Garbled(lambda _head, _body: head + b"\r\n" + body)
    nao.clear_scripts()
    nao.script("publish", odd)
    nao.script("job", odd)
    with NaoClient(KEY, nao.url, clock=FakeClock(), answer_timeout=30.0) as client:
        own_errors_only(lambda: client.publish(910))
        own_errors_only(client.job(_started(nao)).poll)


def _started(nao):
    if not nao.jobs:
        requests.post(
            f"{nao.url}/api/v2/sites/910/asset_tracking_config/publish",
            headers={"Authorization": KEY},
            allow_redirects=False,
            timeout=30,
        )
    return str(nao.jobs[-1].id)
