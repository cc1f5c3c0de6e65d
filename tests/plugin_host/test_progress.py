"""How many lines a log gets: nobody reads a wall."""

import grpc
import pytest
from pulumi.runtime.proto import engine_pb2

from tests.plugin_host.driver import failure_of


def _inputs(nao, site):
    return {"site_id": site, "config_namespace": "nao", "base_url": nao.url}


@pytest.fixture
def shown(host, nao):
    """Publish a site; return the lines that the engine was given."""
    host.check({"site_id": 910, "config_namespace": "nao"})

    def publish(site):
        host.log.lines.clear()
        try:
            host.create(_inputs(nao, site))
        except grpc.RpcError as error:
            return host.log.lines, error
        return host.log.lines, None

    return publish


def test_a_publication_that_goes_well_is_one_line(shown, nao):
    nao.add_site(910, job_seconds=2)
    lines, _ = shown(910)
    assert [line.message for line in lines] == [
        f"job 48145 accepted, {nao.url}/api/v2/background_jobs/48145 (site 910)"
    ]
    assert lines[0].ephemeral


def test_a_failed_publication_is_two_lines_the_second_an_error(shown):
    lines, _ = shown(911)
    assert [line.severity for line in lines] == [engine_pb2.INFO, engine_pb2.ERROR]


def test_a_refused_key_is_explained_once_and_then_a_line_for_each_site(start_host, nao):
    host = start_host(NAO_API_KEY="another-key")
    host.check({"site_id": 910, "config_namespace": "nao"})
    texts = []
    for site in (910, 912):
        with pytest.raises(grpc.RpcError) as caught:
            host.create(_inputs(nao, site))
        texts.append(dict(caught.value.trailing_metadata())["grpc-status-details-bin"].decode(errors="replace"))
    assert "(nao:apiKey), then in the environment (NAO_API_KEY)" in texts[0]
    assert texts[1].endswith(
        "publication of site 912 refused by the server: 401 Unauthorized; "
        "what to do is said with the first such error of this run"
    )


def test_a_refused_key_of_another_account_is_explained_by_its_own_places(start_host, nao):
    host = start_host(NAO_EU_API_KEY="another-key", NAO_EU_BASE_URL=nao.url)
    host.check({"site_id": 910, "config_namespace": "nao-eu"})
    with pytest.raises(grpc.RpcError) as caught:
        host.create({**_inputs(nao, 910), "config_namespace": "nao-eu"})
    assert "(nao-eu:apiKey), then in the environment (NAO_EU_API_KEY)" in failure_of(caught.value)[0]
