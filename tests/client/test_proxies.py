"""A proxy on the way: what it is shown, and what it cannot keep from ending."""

import select
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
import trustme

from pulumi_nao import NaoClient
from pulumi_nao.errors import MayHaveStarted, NaoError
from tests.client.test_secrets import JOB, KEY, everything_of
from tests.leaks import leaks_in


def pump(*ends):
    """Pass on what either end says, until one hangs up."""
    with suppress(OSError):
        while True:
            for source in select.select(ends, [], [])[0]:
                data = source.recv(65536)
                if not data:
                    return
                ends[source is ends[0]].sendall(data)


def certified(authority, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@contextmanager
def proxy_to(address, context=None):
    """A proxy that opens a tunnel, whatever name is asked for, to one address, and remembers the request's head."""
    heads = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            with connection, socket.create_connection(address) as target:
                heads.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                pump(connection, target)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", heads
        thread.join(10)


@contextmanager
def tls_server(authority, answer=b""):
    """A server that takes one request, gives its answer if it has one, and waits until the connection ends."""
    received = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            context = certified(authority, "nao.example.com")
            with context.wrap_socket(server.accept()[0], server_side=True) as connection, suppress(OSError):
                received.append(connection.recv(65536))
                connection.sendall(answer)
                connection.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname(), received
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def authority(monkeypatch):
    """An authority of certificates that the client trusts."""
    authority = trustme.CA()
    with authority.cert_pem.tempfile() as bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
        yield authority


def test_a_proxy_sees_the_servers_name_and_neither_key_nor_path(authority, monkeypatch):
    answer = f"HTTP/1.1 303 See Other\r\nLocation: {JOB}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    with tls_server(authority, answer) as (address, received), proxy_to(address) as (proxy, heads):
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:of-the-proxy@{proxy}")
        with NaoClient(KEY, "https://nao.example.com") as client:
            assert client.publish(910).id == "48145"
    assert heads[0].startswith(b"CONNECT nao.example.com:443 HTTP/1.")
    assert b"publish" not in heads[0]
    assert leaks_in(heads[0].decode(), [KEY]) == []
    assert f"\r\nAuthorization: {KEY}\r\n".encode() in received[0]
    assert leaks_in(received[0].decode(), ["of-the-proxy"]) == []


def test_an_exchange_is_given_up_through_a_proxy_that_itself_speaks_tls(authority, monkeypatch):
    secure = certified(authority, "localhost")
    with tls_server(authority) as (address, received), proxy_to(address, secure) as (proxy, _):
        monkeypatch.setenv("HTTPS_PROXY", f"https://{proxy.replace('127.0.0.1', 'localhost')}")
        with (
            NaoClient(KEY, "https://nao.example.com", answer_timeout=1) as client,
            pytest.raises(MayHaveStarted, match="no complete answer in time"),
        ):
            client.publish(910)
    assert f"\r\nAuthorization: {KEY}\r\n".encode() in received[0]


def test_a_proxys_password_is_in_no_error(monkeypatch, inject):
    password = inject("pw-of-the-proxy-0123")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{password}@127.0.0.1:{port}")
    with NaoClient(KEY, "https://nao.example.com") as client, pytest.raises(NaoError) as caught:
        client.publish(910)
    assert leaks_in(everything_of(caught.value), [KEY, password]) == []
