"""Why no connection could be made: in our words, whether it may pass, and with nothing sent."""

import errno
import socket
import ssl

import pytest
import requests
import trustme

from pulumi_nao import NaoClient
from pulumi_nao.errors import MayHaveStarted, PollFailed, ServerUnreachable
from tests.client.serving import saying, serving
from tests.core.test_no_answer import in_the_systems_words

KEY = "k-0123456789-host-tier"


def alert(description):
    """TLS' way to say why a handshake ends (RFC 8446, 6)."""
    return bytes([21, 3, 3, 0, 2, 2, description])


def no_connection_to(url):
    """The same reason for a publication and for a look at a job; and whether it may pass."""
    with NaoClient(KEY, url) as client:
        with pytest.raises(ServerUnreachable) as unsent:
            client.publish(910)
        with pytest.raises(PollFailed) as unseen:
            client.job("48145").poll()
    reason, may_pass = unsent.value.reason, unsent.value.may_pass
    assert unsent.value.headline == f"publication of site 910 not sent: cannot connect to {url}: {reason}"
    assert (unseen.value.headline, unseen.value.may_pass) == (reason, may_pass)
    return reason, may_pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (alert(80), "no secure connection could be agreed (tlsv1 alert internal error)"),
        (alert(40), "no secure connection could be agreed ("),
        (alert(70), "no secure connection could be agreed ("),
        (b"\x16\x03\x03\x00\x05a try", "no secure connection could be agreed ("),
        (b"", "the connection was closed without an answer"),
    ],
    ids=["internal error", "handshake failure", "protocol version", "no handshake", "nothing"],
)
def test_what_a_balancer_in_trouble_makes_of_a_handshake_may_pass(answer, words):
    with serving(saying(answer)) as port:
        reason, may_pass = no_connection_to(f"https://127.0.0.1:{port}")
    assert reason.startswith(words)
    assert may_pass


def test_plain_text_where_tls_is_wanted_may_pass_and_says_what_else_it_may_be():
    with serving(saying(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")) as port:
        reason, may_pass = no_connection_to(f"https://127.0.0.1:{port}")
    assert reason.startswith("no secure connection could be agreed (")
    assert reason.endswith("); perhaps that port speaks plain http")
    assert may_pass


@pytest.fixture
def untrusted():
    """A server whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with serving(lambda connection: context.wrap_socket(connection, server_side=True)) as port:
        yield f"https://127.0.0.1:{port}"


def test_a_certificate_that_is_not_trusted_stays_so(untrusted):
    reason, may_pass = no_connection_to(untrusted)
    assert reason == (
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
    untrusted, monkeypatch, tmp_path, variable, content, words
):
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv(variable, str(file))
    assert no_connection_to(untrusted) == (f"the file named by {variable} {words}", False)


def test_a_key_log_that_cannot_be_written_is_named_and_stays_so(untrusted, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", requests.certs.where())  # without it, requests 2.32 began a log before
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "no" / "such" / "folder"))
    why = in_the_systems_words(errno.ENOENT)
    assert no_connection_to(untrusted) == (f"the file named by SSLKEYLOGFILE cannot be written: {why}", False)


# Stand-ins for a network that the tests cannot take away.


@pytest.mark.parametrize(
    "name", ["ENETUNREACH", "EHOSTUNREACH", "EACCES", "EPERM", "EMFILE", "ENOBUFS", "EADDRNOTAVAIL"]
)
def test_what_keeps_this_machine_from_connecting_is_said_and_nothing_was_sent(nao, monkeypatch, name):
    number = getattr(errno, name)

    def connect(_socket, _address):
        raise OSError(number, "in the words of some library")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert no_connection_to(nao.url) == (f"this machine: {in_the_systems_words(number)}", True)
    assert nao.count() == 0


@pytest.mark.parametrize("name", ["EHOSTUNREACH", "ENOBUFS"])
def test_what_keeps_this_machine_from_sending_leaves_open_what_was_sent(nao, monkeypatch, name):
    number = getattr(errno, name)
    send, server = socket.socket.sendall, int(nao.url.rpartition(":")[2])

    def sendall(connection, *arguments):
        if connection.getpeername()[1] == server:
            raise OSError(number, "in the words of some library")
        send(connection, *arguments)

    monkeypatch.setattr(socket.socket, "sendall", sendall)
    with NaoClient(KEY, nao.url) as client, pytest.raises(MayHaveStarted) as caught:
        client.publish(910)
    assert caught.value.reason == f"this machine: {in_the_systems_words(number)}"
