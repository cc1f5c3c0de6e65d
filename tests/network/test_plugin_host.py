"""The real plugin host behind real proxies: what the engine is told and given to save."""

import threading

import grpc
import pytest
from google.protobuf import json_format

from tests.plugin_host.driver import failure_of
from tests.tools.machine import wait_until


def _inputs(server):
    return {"site_id": 910, "config_namespace": "nao", "base_url": server}


def _failure(call):
    """The text, and the outputs that are to be saved; `None` for nothing."""
    with pytest.raises(grpc.RpcError) as caught:
        call()
    text, saved = failure_of(caught.value)
    return text, saved and json_format.MessageToDict(saved.properties)


@pytest.fixture
def behind(start_host):
    """A host whose server is a proxy, ready for the first publication."""

    def behind(server, **environment):
        host = start_host(NAO_BASE_URL=server, **environment)
        host.check({"site_id": 910, "config_namespace": "nao"})
        return host

    return behind


def test_a_publication_behind_nginx_ends_in_success(behind, nginx, nao):
    nginx.start()
    host = behind(nginx.url)
    outputs = json_format.MessageToDict(host.create(_inputs(nginx.url)).properties)
    assert (outputs["status"], outputs["base_url"], nao.publications(910)) == ("success", nginx.url, 1)


def test_an_answer_lost_behind_nginx_is_saved_as_unknown_and_published_again(behind, nginx, nao):
    nginx.start("location ~ /publish$ { proxy_pass http://127.0.0.1:9; }")
    host = behind(nginx.url)
    _, saved = _failure(lambda: host.create(_inputs(nginx.url)))
    assert saved["status"] == "unknown"
    assert "may have started: the server answered 502 Bad Gateway" in host.log.lines[-1].message
    nginx.start()
    answer = host.update(saved, _inputs(nginx.url))
    assert (answer.properties["status"], nao.publications(910)) == ("success", 1)


def test_an_untrusted_certificate_saves_nothing_and_ends_at_once(behind, nginx, nao, authority):
    nginx.start(authority.directives(), tls=True)
    server = nginx.url.replace("http:", "https:")
    message, saved = _failure(lambda: behind(server).create(_inputs(server)))
    assert saved is None
    assert "the server's certificate is not trusted" in message
    assert nao.count() == 0
    trusting = behind(server, REQUESTS_CA_BUNDLE=str(authority.file))
    assert trusting.create(_inputs(server)).id == "910"
    assert nao.publications(910) == 1


def test_a_link_that_is_cut_under_a_wait_leaves_its_job_to_the_next_update(behind, nginx, nao):
    nao.add_site(910, job_seconds=60)
    nginx.start()
    host = behind(nginx.url)
    wire_cutter = threading.Thread(target=lambda: (wait_until(lambda: nao.count("job")), nginx.stop()))
    wire_cutter.start()
    _, saved = _failure(lambda: host.create(_inputs(nginx.url), timeout=2.0))
    wire_cutter.join()
    assert saved["job_id"] == "48145"
    assert "The last looks brought no news" in host.log.lines[-1].message
    nginx.start()
    nao.finish_job("48145")
    answer = host.update(saved, _inputs(nginx.url))
    assert (answer.properties["status"], nao.publications(910)) == ("success", 1)
