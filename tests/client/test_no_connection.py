"""Why no connection could be made: in our words, whether it may pass, and with nothing sent."""

import errno
import os
import resource
import socket
import ssl
import threading
from contextlib import contextmanager, suppress

import pytest
import requests
import trustme

from pulumi_nao import NaoClient
from pulumi_nao.errors import LookFailed, ServerUnreachable

KEY = "k-0123456789-host-tier"
PLAIN = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


def alert(description):
    """TLS' way to say why a handshake ends (RFC 8446, 6)."""
    return bytes([21, 3, 3, 0, 2, 2, description])


@contextmanager
def answering(answer):
    """A server that gives the same bytes to everybody, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(65536)
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def no_connection_to(url):
    """The same reason for a publication and for a look at a job; and whether it may pass."""
    with NaoClient(KEY, url) as client:
        with pytest.raises(ServerUnreachable) as unsent:
            client.publish(910)
        with pytest.raises(LookFailed) as unseen:
            client.job("48145").look()
    assert (
        unsent.value.headline == f"publication of site 910 not sent: cannot connect to {url}: {unsent.value.reason}"
    )
    assert (unseen.value.headline, unseen.value.may_pass) == (unsent.value.reason, unsent.value.may_pass)
    return unsent.value.reason, unsent.value.may_pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (alert(80), "no secure connection could be agreed (tlsv1 alert internal error)"),
        (alert(40), "no secure connection could be agreed (sslv3 alert handshake failure)"),
        (alert(70), "no secure connection could be agreed (tlsv1 alert protocol version)"),
        (b"\x16\x03\x03\x00\x05a try", "no secure connection could be agreed (unexpected message)"),
        (b"", "the connection was closed without an answer"),
    ],
    ids=["internal error", "handshake failure", "protocol version", "no handshake", "nothing"],
)
def test_what_a_balancer_in_trouble_makes_of_a_handshake_may_pass(answer, words):
    with answering(answer) as url:
        assert no_connection_to(url) == (words, True)


def test_plain_text_where_tls_is_wanted_may_pass_and_says_what_else_it_may_be():
    with answering(PLAIN) as url:
        words, may_pass = no_connection_to(url)
    assert words.startswith("no secure connection could be agreed (")
    assert words.endswith("); perhaps that port speaks plain http")
    assert may_pass


@pytest.fixture
def tls_url():
    """A server whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with suppress(ssl.SSLError), context.wrap_socket(connection, server_side=True):
                        pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def test_a_certificate_that_is_not_trusted_stays_so(tls_url):
    words, may_pass = no_connection_to(tls_url)
    assert words == (
        "the server's certificate is not trusted (unable to get local issuer certificate); "
        "name the file of a private authority in REQUESTS_CA_BUNDLE"
    )
    assert not may_pass


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        ("", "holds no certificates that can be read"),
        ("no certificate\n", "holds no certificates that can be read"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "holds no certificates that can be read",
        ),
    ],
    ids=["missing", "empty", "text", "broken"],
)
def test_a_wrong_file_of_authorities_is_named_and_stays_wrong(
    tls_url, monkeypatch, tmp_path, variable, content, words
):
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(variable, str(file))
    assert no_connection_to(tls_url) == (f"the file named by {variable} {words}", False)


def test_a_file_of_authorities_that_cannot_be_opened_is_named(tls_url, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as no_file:
        no_file.bind("socket")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "socket")
    why = os.strerror(errno.ENXIO).lower()
    assert no_connection_to(tls_url) == (f"the file named by REQUESTS_CA_BUNDLE cannot be read: {why}", False)


@pytest.mark.parametrize(("place", "number"), [("no/such/folder", errno.ENOENT), ("", errno.EISDIR)])
def test_a_key_log_that_cannot_be_written_is_named_and_stays_so(tls_url, monkeypatch, tmp_path, place, number):
    monkeypatch.setenv(
        "REQUESTS_CA_BUNDLE", requests.certs.where()
    )  # without it, requests 2.32 has begun a log before
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / place))
    why = os.strerror(number).lower()
    assert no_connection_to(tls_url) == (f"the file named by SSLKEYLOGFILE cannot be written: {why}", False)


def test_a_process_that_has_too_many_files_open_says_so(nao):
    _, most = limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with NaoClient(KEY, nao.url) as client:
        client.publish(910)  # all that is imported late is there now
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, most))
        try:
            with pytest.raises(ServerUnreachable) as caught:
                client.publish(910)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert client.publish(910).id == "48146"
    assert caught.value.reason == f"this machine: {os.strerror(errno.EMFILE).lower()}"
    assert caught.value.may_pass


@pytest.mark.parametrize("name", ["ENETUNREACH", "EHOSTUNREACH", "EACCES", "EPERM", "ENOBUFS", "EADDRNOTAVAIL"])
def test_what_keeps_this_machine_from_connecting_is_said(nao, monkeypatch, name):
    number = getattr(errno, name)

    def connect(_socket, _address):
        """Stands in for a network that the tests cannot take away."""
        raise OSError(number, "in the words of some library")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert no_connection_to(nao.url) == (f"this machine: {os.strerror(number).lower()}", True)
    assert nao.count() == 0
