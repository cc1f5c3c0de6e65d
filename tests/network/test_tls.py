"""TLS as nginx speaks it, with certificates from an authority that only these tests know."""

from datetime import timedelta

import pytest

from pulumi_nao.errors import ContactLost, Rejected, ServerUnreachable
from tests.network.authority import NOW
from tests.network.run import SHORT, Stack


@pytest.fixture
def secure(nginx):
    return Stack(nginx.url.replace("http:", "https:"))


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_own_authority_is_trusted_through_the_environment(nginx, nao, authority, secure, monkeypatch, variable):
    monkeypatch.setenv(variable, str(authority.file))
    nginx.start(authority.directives(), tls=True)
    assert (secure.up().saved, secure.up().end, nao.publications(910)) == ("success", None, 1)


def test_an_unknown_authority_is_not_trusted_and_the_way_out_is_named(nginx, nao, authority, secure, monkeypatch):
    nginx.start(authority.directives(), tls=True)
    first = secure.up()
    assert (first.end, first.saved, nao.count()) == (ServerUnreachable, "nothing", 0)
    assert not first.error.may_pass
    assert "the server's certificate is not trusted (unable to get local issuer certificate)" in first.error.headline
    assert "REQUESTS_CA_BUNDLE" in str(first.error)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    assert (secure.up().saved, nao.publications(910)) == ("success", 1)


BAD_CERTIFICATES = {
    "another name": ({"name": "other.example"}, "certificate is not valid for '127.0.0.1'"),
    "expired": ({"ends": NOW - timedelta(days=1)}, "certificate has expired"),
}


@pytest.mark.parametrize(("certificate", "words"), BAD_CERTIFICATES.values(), ids=BAD_CERTIFICATES)
def test_a_bad_certificate_ends_the_run_before_anything_is_sent(
    nginx, nao, authority, secure, monkeypatch, certificate, words
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    nginx.start(authority.directives(**certificate), tls=True)
    first = secure.up()
    assert (first.end, first.saved, nao.count(), len(first.told)) == (ServerUnreachable, "nothing", 0, 0)
    assert words in first.error.headline
    nginx.start(authority.directives(), tls=True)
    assert (secure.up().saved, nao.publications(910)) == ("success", 1)


def test_a_certificate_that_goes_bad_under_a_wait_leaves_the_job_to_wait_for(
    nginx, nao, authority, secure, monkeypatch
):
    nao.add_site(910, job_seconds=60)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    nginx.start(authority.directives(), tls=True)
    expired = authority.directives(ends=NOW - timedelta(days=1))
    first = secure.up(lambda line: nginx.start(expired, tls=True) if "accepted" in line else None)
    assert (first.end, first.job) == (ContactLost, "48145")
    assert "certificate has expired" in str(first.error)
    nao.finish_job("48145")
    nginx.start(authority.directives(), tls=True)
    assert (secure.up().saved, nao.publications(910)) == ("success", 1)


def test_a_bundle_that_is_not_there_is_named_before_anything_is_sent(
    nginx, nao, authority, secure, monkeypatch, tmp_path
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "nowhere.pem"))
    nginx.start(authority.directives(), tls=True)
    first = secure.up()
    assert (first.end, first.saved, nao.count(), len(first.told)) == (ServerUnreachable, "nothing", 0, 0)
    assert "REQUESTS_CA_BUNDLE" in str(first.error)


@pytest.mark.parametrize(
    "directives",
    ["ssl_ciphers NULL-SHA256:@SECLEVEL=0; ssl_protocols TLSv1.2;"],
    ids=["no encryption in common"],
)
def test_without_common_ground_nothing_is_sent(nginx, nao, authority, secure, monkeypatch, directives):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    nginx.start(authority.directives() + directives, tls=True)
    first = secure.up(limit=SHORT)
    assert (first.end, first.saved, nao.count()) == (ServerUnreachable, "nothing", 0)
    assert "no secure connection could be agreed" in first.error.headline


def test_a_proxy_that_wants_a_client_certificate_refuses(nginx, nao, authority, secure, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.file))
    wanted = f"ssl_client_certificate {authority.file}; ssl_verify_client on;"
    nginx.start(authority.directives() + wanted, tls=True)
    first = secure.up()
    assert (first.end, first.saved, nao.count()) == (Rejected, "nothing", 0)
    assert "400" in first.error.headline


def test_plain_http_to_a_port_for_tls_is_refused(nginx, nao, authority, stack):
    nginx.start(authority.directives(), tls=True)
    first = stack.up()
    assert (first.end, first.saved, nao.count()) == (Rejected, "nothing", 0)
