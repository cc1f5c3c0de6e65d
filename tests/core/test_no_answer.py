"""The words for what went wrong with an exchange, made of any exception whatever."""

import errno
import os
import socket
import ssl

import pytest
import requests
import urllib3
from hypothesis import given
from hypothesis import strategies as st
from urllib3.util.ssl_match_hostname import CertificateError

from pulumi_nao.cloud.no_answer import reason_of
from pulumi_nao.cloud.proxies import Proxy

pytestmark = pytest.mark.disable_socket

PROXY = Proxy("http://proxy.example:3128", "HTTPS_PROXY")


class Unreadable(OSError):
    """Whatever is asked of it fails."""

    def __getattribute__(self, name):
        if name.startswith("__"):
            return super().__getattribute__(name)
        raise ValueError(name)


class Undecided(Exception):
    def __eq__(self, other):
        raise ValueError(other)

    __hash__ = None


class NoNumber(OSError):
    errno = "2"


def in_the_systems_words(number):
    words = os.strerror(number)
    return errno.errorcode[number] if words.startswith("Unknown error") else words.lower()


def wrapped(error):
    """As urllib3 and requests hand it on."""
    return requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/", error))


def caused(error, cause):
    error.__cause__ = cause
    return error


KINDS = [
    *(kind for kind in vars(requests.exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)),
    *(kind for kind in (OSError, *OSError.__subclasses__()) if kind.__module__ in ("builtins", "ssl", "socket")),
    *(ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLCertVerificationError, CertificateError),
    *(Unreadable, Undecided, NoNumber, ValueError, RecursionError, KeyboardInterrupt, urllib3.exceptions.SSLError),
]
PLAIN = st.none() | st.integers() | st.text() | st.binary() | st.lists(st.integers()) | st.just(object())
ODD = st.recursive(
    st.sampled_from(KINDS).map(lambda kind: kind.__new__(kind)),
    lambda inner: st.builds(
        lambda kind, arguments: kind.__new__(kind, *arguments), st.sampled_from(KINDS), st.lists(PLAIN | inner)
    ),
)


@given(ODD, ODD, st.sampled_from([None, PROXY]))
def test_there_are_words_for_any_exception(error, other, proxy):
    error.__cause__, other.__context__ = other, error
    words, may_pass = reason_of(error, proxy)
    assert words
    assert may_pass in (True, False)


def test_a_chain_that_has_no_end_and_one_that_is_huge_have_words():
    ring = [OSError(number) for number in range(1000)]
    for error, cause in zip(ring, ring[1:] + ring[:1], strict=True):
        error.__cause__ = cause
        error.args = tuple(ring)
    assert reason_of(ring[0]) == ("the connection failed (OSError)", True)


@pytest.mark.parametrize(
    ("error", "words", "may_pass"),
    [
        (ssl.SSLError("made in Python"), "no secure connection could be agreed", True),
        (ssl.SSLCertVerificationError("made in Python"), "the server's certificate is not trusted", False),
        (CertificateError("made in Python"), "the server's certificate is not trusted", False),
        (OSError("made in Python"), "the connection failed (OSError)", True),
        (OSError(10**9, "no such number"), "the connection failed (OSError)", True),
        (NoNumber(2, "no number"), "the connection failed (NoNumber)", True),
    ],
    ids=repr,
)
def test_an_exception_that_lacks_what_its_kind_has_counts_as_its_kind(error, words, may_pass):
    assert reason_of(wrapped(error)) == (words, may_pass)


OF_THE_MACHINE = ["ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL", "EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]
OF_THE_MACHINE += ["EACCES", "EPERM", "EAFNOSUPPORT"]


@pytest.mark.parametrize("name", OF_THE_MACHINE)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda error: wrapped(caused(urllib3.exceptions.NewConnectionError(None, "password"), error)),
        lambda error: requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Aborted", error)),
        lambda error: error,
    ],
    ids=["no connection", "aborted", "as it is"],
)
def test_what_the_operating_system_refuses_is_told_in_its_words_and_may_pass(name, wrap):
    number = getattr(errno, name)
    assert reason_of(wrap(OSError(number, "password"))) == (f"this machine: {in_the_systems_words(number)}", True)


def test_the_innermost_error_of_the_machine_counts():
    error = caused(OSError(errno.EACCES, "outer"), OSError(errno.EMFILE, "inner"))
    assert reason_of(wrapped(error))[0] == f"this machine: {in_the_systems_words(errno.EMFILE)}"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connection refused"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "the connection was reset"),
        (BrokenPipeError(errno.EPIPE, "x"), "the connection was reset"),
        (socket.gaierror(socket.EAI_NONAME, "x"), "its name cannot be resolved"),
        (urllib3.exceptions.ConnectTimeoutError(), "no answer in time"),
    ],
    ids=repr,
)
def test_what_others_do_is_not_said_of_this_machine(error, words):
    assert reason_of(wrapped(error)) == (words, True)


def test_what_the_caller_was_at_has_nothing_to_do_with_it():
    error = wrapped(ConnectionRefusedError())
    error.__context__ = FileNotFoundError(errno.ENOENT, "the caller's own")
    assert reason_of(error) == ("connection refused", True)
