from __future__ import annotations

import http.client
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from pulumi_nao.simulator import Reply, Simulator

from .wire import KEY, ask, connect, look, publish


def own_threads():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("nao-simulator")]


def test_it_listens_on_loopback_at_a_free_port(nao):
    address = urlsplit(nao.url)
    assert (address.scheme, address.hostname, address.port > 0, address.path) == ("http", "127.0.0.1", True, "")


def test_it_listens_on_ipv6_too():
    try:
        with Simulator(host="::1") as nao:
            assert nao.url.startswith("http://[::1]:")
            assert look(nao).headers["content-type"] == "application/vnd.api+json"
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_fifty_publications_at_once_are_fifty_jobs(nao):
    everybody_is_here = threading.Barrier(50)

    def publish_at_once(_number):
        everybody_is_here.wait()
        return publish(nao).headers["location"]

    with ThreadPoolExecutor(50) as pool:
        locations = set(pool.map(publish_at_once, range(50)))
    expected = set(range(48145, 48195))
    assert {int(location.rpartition("/")[2]) for location in locations} == expected
    assert {job.id for job in nao.jobs} == expected
    assert (nao.publications(910), nao.count("publish")) == (50, 50)


def test_hundreds_of_connections_stay_open_side_by_side(nao):
    publish(nao)
    with ExitStack() as stack:
        connections = [stack.enter_context(closing(connect(nao))) for _ in range(300)]
        for connection in connections:
            connection.connect()
        statuses = [ask(connection, "GET", "/api/v2/background_jobs/48145").status for connection in connections]
    assert statuses == [200] * 300


def test_looks_share_a_connection(nao):
    publish(nao)
    with closing(connect(nao)) as connection:
        ask(connection, "GET", "/api/v2/background_jobs/48145")
        used = connection.sock
        ask(connection, "GET", "/api/v2/background_jobs/48145")
        assert connection.sock is used


def test_a_publication_closes_its_connection(nao):
    with closing(connect(nao)) as connection:
        ask(connection, "POST", "/api/v2/sites/910/asset_tracking_config/publish")
        assert connection.sock is None


def test_a_client_that_wants_to_close_is_told_that_the_connection_closes(nao):
    assert look(nao, headers={"Connection": "close"}).headers["connection"] == "close"


def test_stopping_leaves_no_thread_even_with_connections_open():
    nao = Simulator()
    nao.start()
    with closing(connect(nao)) as idle, closing(connect(nao)) as used:
        idle.connect()
        ask(used, "GET", "/")
        assert len(own_threads()) >= 2
        nao.stop()
        assert own_threads() == []


def test_stopping_closes_the_port_and_the_connections():
    nao = Simulator()
    nao.start()
    with closing(connect(nao)) as connection:
        ask(connection, "GET", "/")
        nao.stop()
        assert connection.sock.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        look(nao)


def test_stopping_twice_is_no_error():
    nao = Simulator()
    nao.start()
    nao.stop()
    nao.stop()
    assert own_threads() == []


def test_it_comes_back_on_the_same_port_with_all_that_it_knows(nao):
    publish(nao)
    url = nao.url
    nao.stop()
    nao.start()
    assert nao.url == url
    assert look(nao).status == 200


def test_it_can_be_asked_after_it_was_stopped(nao):
    publish(nao)
    nao.stop()
    assert (nao.publications(910), nao.count()) == (1, 1)


def test_starting_it_twice_is_an_error(nao):
    with pytest.raises(RuntimeError, match="has been started already"):
        nao.start()


def test_a_port_in_use_is_an_error_and_leaves_nothing_behind(nao):
    second = Simulator(port=urlsplit(nao.url).port)
    with pytest.raises(OSError, match="in use"):
        second.start()
    assert repr(second) == "<Simulator not started: 0 sites, 0 jobs>"


def test_there_is_no_url_before_the_start():
    with pytest.raises(RuntimeError, match="no URL before it is started"):
        _ = Simulator().url


def test_its_repr_says_where_it_is_and_what_it_has(nao):
    publish(nao)
    assert repr(nao) == f"<Simulator {nao.url}: 1 sites, 1 jobs>"
    nao.stop()
    assert repr(nao) == f"<Simulator {nao.url}, stopped: 1 sites, 1 jobs>"


def test_a_client_that_goes_away_is_no_news(nao, capfd):
    address = urlsplit(nao.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # closing resets
    connection.sendall(b"GET /")
    connection.close()
    look(nao)
    nao.stop()
    assert capfd.readouterr() == ("", "")


def test_a_reply_that_fails_is_told_on_standard_error(nao, capfd):
    class Broken(Reply):
        after_effect = False

        def send(self, _connection, _normal):
            raise LookupError("broken reply")

    nao.script("job", Broken())
    with pytest.raises(http.client.RemoteDisconnected):
        look(nao)
    nao.stop()
    assert "LookupError: broken reply" in capfd.readouterr().err


def test_a_method_that_http_does_not_know_is_answered(raw):
    assert raw("BREW / HTTP/1.1\r\nHost: x\r\n\r\n").startswith("HTTP/1.1 501 ")


def test_two_simulators_know_nothing_of_each_other(nao):
    with Simulator() as other:
        other.add_key(KEY)
        assert publish(other).status == 404
    assert nao.count() == 0
