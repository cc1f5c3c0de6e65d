"""Every URL that is no server to which a key may be sent: refused, and not repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nao.cloud.address import canonical_server, is_loopback
from tests.core.checking import refusals

pytestmark = pytest.mark.disable_socket

BEGIN = "the URL must begin with https:// and name a host, like https://nao.example.com"
MALFORMED = "the URL is malformed; write it like https://nao.example.com"
USER = "the URL must not contain a user name or a password"
QUERY = "the URL must not contain a query or a fragment"
SPACE = "the URL contains a space or a control character"
PORT = "the URL's port must be from 1 to 65535"
NAME = "the URL's host is not a valid name"
FOUR = "the URL's host is no IPv4 address; write four numbers, like 127.0.0.1"
SIX = "the URL's host in brackets is no IPv6 address; write it like [::1]"
ZONE = "the URL's host has a zone, which other machines do not know"
PLAIN = "plain http would show the key to the network; use https (http is for loopback only)"
PATH = "the URL's path has an empty part, dots for a folder, or a character to be written as %XX"
LONG = "the URL is longer than 2000 characters"

SERVERS = {
    "hunter2": BEGIN,
    "nao.example.com": BEGIN,
    "www.nao-cloud.com:443": BEGIN,
    "//nao.example.com": BEGIN,
    "https:nao.example.com": BEGIN,
    "https:/nao.example.com": BEGIN,
    "https://": BEGIN,
    "https:///path": BEGIN,
    "https://:8443": BEGIN,
    "ftp://nao.example.com": BEGIN,
    "file:///etc/passwd": BEGIN,
    "javascript:alert(1)": BEGIN,
    "data:text/plain,hunter2": BEGIN,
    "ws://nao.example.com": BEGIN,
    "httpss://nao.example.com": BEGIN,
    "http+unix://%2Ftmp%2Fsocket": BEGIN,
    "https://[::1": MALFORMED,
    "https://]": MALFORMED,
    "https://[]": MALFORMED,
    "https://[::1].example.com": MALFORMED,
    "https://nao.example.com[::1]": MALFORMED,
    "https://[::1]443": MALFORMED,
    "https://[::1]]": MALFORMED,
    "https://nao.example.com:notaport": MALFORMED,
    "https://nao.example.com:65536": MALFORMED,
    "https://nao.example.com:-1": MALFORMED,
    "https://nao.example.com:+443": MALFORMED,
    "https://nao.example.com:٣": MALFORMED,
    "https://nao.example.com:99999999999999999999": MALFORMED,
    "https://nao.example.com:443:443": MALFORMED,
    "https://nao.example.com／@evil.example": MALFORMED,
    "https://nao.example.com:0": PORT,
    "https://nao.example.com:000": PORT,
    "https://user:hunter2@nao.example.com": USER,
    "https://hunter2@nao.example.com": USER,
    "https://@nao.example.com": USER,
    "https://:@nao.example.com": USER,
    "https://nao.example.com@evil.example": USER,
    "https://nao.example.com:443@evil.example": USER,
    "https://nao.example.com?hunter2": QUERY,
    "https://nao.example.com/?key=hunter2": QUERY,
    "https://nao.example.com/?": QUERY,
    "https://nao.example.com#hunter2": QUERY,
    "https://nao.example.com/#": QUERY,
    " https://nao.example.com": SPACE,
    "https://nao.example.com ": SPACE,
    "https://nao.example.com\n": SPACE,
    "https://nao.example.com\r\nX-Other: 1": SPACE,
    "https://nao .example.com": SPACE,
    "https://nao\t.example.com": SPACE,
    "https://nao\0.example.com": SPACE,
    "https://\x1b[31mnao.example.com": SPACE,
    "https://nao\u200b.example.com": SPACE,
    "https://nao\u00ad.example.com": SPACE,
    "https://\u202emoc.elpmaxe": SPACE,
    "https://nao\udcff.example.com": SPACE,
    "https://nao..example.com": NAME,
    "https://.example.com": NAME,
    "https://nao.example.com..": NAME,
    "https://-nao.example.com": NAME,
    "https://nao-.example.com": NAME,
    "https://*.example.com": NAME,
    "https://nao%2eexample.com": NAME,
    "https://nao%00.example.com": NAME,
    "https://nao\\evil.example": NAME,
    "https://nao,example.com": NAME,
    "https://nao;example.com": NAME,
    "https://nao|example.com": NAME,
    'https://nao"example.com': NAME,
    "https://nao'example.com": NAME,
    "https://<nao>.example.com": NAME,
    "https://{host}": NAME,
    "https://$HOST": NAME,
    "https://nao!.example.com": NAME,
    "https://" + "a" * 64 + ".example": NAME,
    "https://" + "a." * 127 + "example": NAME,
    "https://127.1": FOUR,
    "https://127.0.1": FOUR,
    "https://2130706433": FOUR,
    "https://0x7f000001": FOUR,
    "https://0x7f.0.0.1": FOUR,
    "https://0177.0.0.1": FOUR,
    "https://127.0.0.01": FOUR,
    "https://256.1.1.1": FOUR,
    "https://1.2.3.4.5": FOUR,
    "https://nao.example.42": FOUR,
    "http://127.1": FOUR,
    "https://[v1.x]": SIX,
    "https://[vF.nao]": SIX,
    "https://[fe80::1%eth0]": ZONE,
    "https://[fe80::1%25eth0]": ZONE,
    "http://nao.example.com": PLAIN,
    "http://www.nao-cloud.com": PLAIN,
    "http://localhost.evil.example": PLAIN,
    "http://evil-localhost": PLAIN,
    "http://localhost.localdomain": PLAIN,
    "http://127.0.0.1.evil.example": PLAIN,
    "http://0.0.0.0": PLAIN,
    "http://[::]": PLAIN,
    "http://10.0.0.1": PLAIN,
    "http://192.168.0.1": PLAIN,
    "http://169.254.169.254": PLAIN,
    "http://126.255.255.255": PLAIN,
    "http://128.0.0.1": PLAIN,
    "http://[::ffff:127.0.0.1]": PLAIN,
    "http://[::ffff:10.0.0.1]": PLAIN,
    "http://[fe80::1]": PLAIN,
    "https://nao.example.com/a//b": PATH,
    "https://nao.example.com/../b": PATH,
    "https://nao.example.com/./b": PATH,
    "https://nao.example.com/%2e%2E/b": PATH,
    "https://nao.example.com/ä": PATH,
    'https://nao.example.com/"': PATH,
    "https://nao.example.com/<b>": PATH,
    "https://nao.example.com/a\\b": PATH,
    "https://nao.example.com/%zz": PATH,
    "https://nao.example.com/{}": PATH,
    "https://nao.example.com/" + "a" * 2000: LONG,
    "https://" + "a" * 1_000_000: LONG,
}


@pytest.mark.parametrize(("url", "reason"), SERVERS.items(), ids=lambda text: ascii(text)[:60])
def test_what_is_no_server_for_a_key_is_refused(url, reason):
    assert refusals(config={"nao:baseUrl": url}) == [f"configuration nao:baseUrl: {reason}."]


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.NAO-Cloud.COM", "https://www.nao-cloud.com"),
        ("https://nao.example.com.", "https://nao.example.com"),
        ("https://nao.example.com:", "https://nao.example.com"),
        ("https://nao.example.com:0443", "https://nao.example.com"),
        ("https://nao.example.com:65535", "https://nao.example.com:65535"),
        ("https://nao.example.com//", "https://nao.example.com"),
        ("https://nao.example.com/a/b/", "https://nao.example.com/a/b"),
        ("https://nao_1.internal", "https://nao_1.internal"),
        ("https://nao.example.com/~a;b=c,d/%7E", "https://nao.example.com/~a;b=c,d/%7E"),
        ("https://ｎａｏ．example．com", "https://nao.example.com"),
        ("https://10.0.0.1", "https://10.0.0.1"),
        ("https://[2001:DB8:0:0::1]:8443", "https://[2001:db8::1]:8443"),
        ("http://localhost.", "http://localhost"),
        ("http://127.255.255.254", "http://127.255.255.254"),
        ("http://[0:0:0:0:0:0:0:1]", "http://[::1]"),
    ],
)
def test_a_good_server_has_one_form(url, canonical):
    assert canonical_server(url) == canonical


URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "http://", "HTTP://", "https:", "//", ""]),
    st.text(st.characters(), max_size=30) | st.sampled_from(["localhost", "127.0.0.1", "[::1]", "nao.example.com"]),
    st.sampled_from(["", ":80", ":0", ":x", "@evil.example", ".evil.example"]),
    st.text(st.characters(), max_size=10),
)


@given(URLS | st.text(st.characters()))
def test_any_text_is_refused_or_has_a_form_that_stays(url):
    try:
        canonical = canonical_server(url)
    except ValueError:
        return
    assert canonical.isascii()
    assert canonical.isprintable()
    assert canonical_server(canonical) == canonical


@given(URLS)
def test_plain_http_is_for_loopback_only(url):
    try:
        canonical = canonical_server(url)
    except ValueError:
        return
    if canonical.startswith("http:"):
        host = canonical.removeprefix("http://").partition("/")[0]
        assert is_loopback(host.strip("[]") if host.endswith("]") else host.rpartition(":")[0].strip("[]") or host)
