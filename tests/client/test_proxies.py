"""A proxy on the way: what it is shown, what it cannot keep from ending, and how errors name it."""

import os
import select
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
import trustme

from pulumi_nao import NaoClient
from pulumi_nao.cloud.proxies import proxy_for
from pulumi_nao.errors import MayHaveStarted, NaoError, ServerUnreachable
from tests.client.serving import saying, serving
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
            with suppress(OSError), context.wrap_socket(server.accept()[0], server_side=True) as connection:
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


@pytest.fixture
def nobody():
    """An address where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def _no_names(monkeypatch):
    """No name can be resolved; a stand-in, as a question to a real resolver leaves this machine."""

    def getaddrinfo(*_arguments, **_named):
        raise socket.gaierror(socket.EAI_NONAME, "no such name")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def reason_at(proxy, monkeypatch, variable="HTTPS_PROXY"):
    """Why nothing could be sent through it, and whether that may pass."""
    monkeypatch.setenv(variable, proxy)
    with NaoClient(KEY, "https://nao.example.com") as client, pytest.raises(ServerUnreachable) as caught:
        client.publish(910)
    return caught.value.reason, caught.value.may_pass


@pytest.mark.parametrize(
    "address", ["http://{}", "https://{}", "{}", "http://user:of-the-proxy@{}", "HTTP://{}/path"]
)
def test_a_proxy_that_is_down_is_named_without_its_password(nobody, monkeypatch, address):
    scheme = "https" if address.startswith("https") else "http"
    assert reason_at(address.format(nobody), monkeypatch) == (
        f"no connection to the proxy {scheme}://{nobody} (HTTPS_PROXY): connection refused",
        True,
    )


def written(variable):
    """A variable's name as it is kept: Windows has no lower case there."""
    return variable if variable in [*os.environ] else variable.upper()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_the_variable_that_names_the_proxy_is_named(nobody, monkeypatch, variable):
    reason, _ = reason_at(f"http://{nobody}", monkeypatch, variable)
    assert f"({written(variable)}): connection refused" in reason


def test_of_two_variables_the_one_that_counts_is_named(nobody, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    reason, _ = reason_at(f"http://{nobody}", monkeypatch, "https_proxy")
    assert f"{nobody} ({written('https_proxy')})" in reason


@pytest.mark.usefixtures("_no_names")
def test_a_proxy_whose_name_is_unknown_is_named(monkeypatch):
    assert reason_at("http://proxy.invalid:3128", monkeypatch) == (
        "no connection to the proxy http://proxy.invalid:3128 (HTTPS_PROXY): its name cannot be resolved",
        True,
    )


@pytest.mark.parametrize(
    ("status", "words", "may_pass"),
    [
        ("407 Away", "407 Proxy Authentication Required; it wants a user name and a password in HTTPS_PROXY", False),
        ("403 Away", "403 Forbidden", False),
        ("429 Away", "429 Too Many Requests", True),
        ("503 Away", "503 Service Unavailable", True),
        ("599 Away", "599", True),
    ],
)
def test_a_proxy_that_opens_no_tunnel_is_named_with_its_answer(monkeypatch, status, words, may_pass):
    with serving(saying(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())) as port:
        reason = reason_at(f"http://127.0.0.1:{port}", monkeypatch)
    assert reason == (
        f"the proxy http://127.0.0.1:{port} (HTTPS_PROXY) opens no way to the server: {words}",
        may_pass,
    )


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"], ids=["nothing", "not HTTP"])
def test_a_proxy_that_makes_no_sense_is_named(monkeypatch, answer):
    with serving(saying(answer)) as port:
        reason, may_pass = reason_at(f"http://127.0.0.1:{port}", monkeypatch)
    assert f" the proxy http://127.0.0.1:{port} (HTTPS_PROXY): " in f" {reason}"
    assert may_pass


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h", "SOCKS5"])
def test_a_socks_proxy_says_what_it_needs(nobody, monkeypatch, scheme):
    reason, may_pass = reason_at(f"{scheme}://{nobody}", monkeypatch)
    shown = f"the proxy {scheme.lower()}://{nobody} (HTTPS_PROXY)"
    assert reason == f"{shown} needs the Python package PySocks: install requests[socks]"
    assert not may_pass


@pytest.mark.parametrize(
    "malformed",
    ["http://127.0.0.1:three", "http://127.0.0.1:99999", "http://", "ftp://127.0.0.1:9", " ", "http:///x"],
)
def test_a_malformed_proxy_is_not_blamed_on_the_server(monkeypatch, malformed):
    assert reason_at(malformed, monkeypatch) == (
        "HTTPS_PROXY is no URL of a proxy; write it like http://proxy.example.com:3128",
        False,
    )


@pytest.mark.usefixtures("authority")
def test_what_the_server_does_behind_a_proxy_is_not_blamed_on_the_proxy(monkeypatch):
    with tls_server(trustme.CA()) as (address, _), proxy_to(address) as (proxy, _):
        reason, may_pass = reason_at(f"http://{proxy}", monkeypatch)
    assert reason == (
        f"through the proxy http://{proxy} (HTTPS_PROXY): the server's certificate is not trusted "
        "(unable to get local issuer certificate); name the file of a private authority in REQUESTS_CA_BUNDLE"
    )
    assert not may_pass


@pytest.mark.usefixtures("authority")
def test_a_certificate_of_the_proxys_own_is_told_with_the_proxy(monkeypatch):
    with tls_server(trustme.CA()) as ((_, port), _):
        reason, may_pass = reason_at(f"https://localhost:{port}", monkeypatch)
    assert f"the proxy https://localhost:{port} (HTTPS_PROXY): " in reason
    assert "certificate is not trusted" in reason
    assert not may_pass


@pytest.mark.usefixtures("_no_names")
def test_a_server_that_no_proxy_excepts_is_asked_directly(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "nao.invalid")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with NaoClient(KEY, "https://nao.invalid") as client, pytest.raises(ServerUnreachable) as caught:
        client.publish(910)
    assert caught.value.reason == "its name cannot be resolved"


SECRET_IN_A_PLACE = [
    "http://user:{}@proxy.example:3128",
    "http://{}@proxy.example",
    "user:{}@proxy.example:3128",
    "http://user:a/{}@proxy.example:3128",
    "http://user:12/{}@proxy.example:3128",
    "http://user:12?{}@proxy.example:3128",
    "http://user:12#{}@proxy.example:3128",
    "http://user:a@{}@proxy.example:3128",
    "http://proxy.example/{}",
]


@pytest.mark.parametrize("address", SECRET_IN_A_PLACE)
@pytest.mark.parametrize("password", ["pw-of-the-proxy", "pw%20of%2Fthe", "pw:of[the]", "12"])
def test_a_proxy_is_told_without_what_may_be_a_password(monkeypatch, address, password):
    monkeypatch.setenv("HTTPS_PROXY", address.format(password))
    assert str(proxy_for("https://nao.example.com")) in (
        "the proxy http://proxy.example (HTTPS_PROXY)",
        "the proxy http://proxy.example:3128 (HTTPS_PROXY)",
        "the proxy of HTTPS_PROXY",
    )


@pytest.mark.parametrize(
    ("address", "shown"),
    [("http://[::1]:3128", "http://[::1]:3128"), ("http://Proxy.Example", "http://proxy.example")],
)
def test_a_proxy_is_told_as_urls_are_written(monkeypatch, address, shown):
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert proxy_for("https://nao.example.com").url == shown


def test_a_proxys_password_is_in_no_error(monkeypatch, inject):
    password = inject("pw-of-the-proxy-0123")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{password}@127.0.0.1:{port}")
    with NaoClient(KEY, "https://nao.example.com") as client, pytest.raises(NaoError) as caught:
        client.publish(910)
    assert leaks_in(everything_of(caught.value), [KEY, password]) == []
