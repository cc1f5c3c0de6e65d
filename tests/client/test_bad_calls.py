"""Every argument of the client, wrong in type, range or form: one of our errors, and nothing sent."""

import pytest

from pulumi_nao import NaoClient
from pulumi_nao.errors import ConfigurationError, NotSent
from tests.core.test_bad_inputs import SITES
from tests.core.test_wait import NO_TIMES

KEY = "k-0123456789-host-tier"


@pytest.fixture
def client(nao):
    with NaoClient(KEY, nao.url) as client:
        yield client


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_what_is_no_site_is_not_published(client, nao, site):
    with pytest.raises(NotSent) as caught:
        client.publish(site)
    assert str(caught.value) == (
        "publication not sent: site_id: write the site's number, such as 910: a whole number above 0"
    )
    assert nao.count() == 0


@pytest.mark.parametrize("site", ["910", 910.0])
def test_a_site_in_another_form_is_the_same(client, nao, site):
    assert client.publish(site).operation == "publication of site 910"
    assert nao.publications(910) == 1


JOBS = [
    None,
    "",
    "next",
    "-1",
    "4.5",
    "٣",
    "1/../2",
    "1?x",
    "1\r\nX: y",
    "9" * 21,
    48145,
    1.5,
    True,
    b"48145",
    ["48145"],
]


@pytest.mark.parametrize("job", JOBS, ids=ascii)
def test_what_is_no_job_is_not_looked_at(client, nao, job):
    with pytest.raises(NotSent) as caught:
        client.job(job)
    assert str(caught.value) == "background job not looked at: write the job's number as text, such as '48145'"
    assert nao.count() == 0


@pytest.mark.parametrize("timeout", NO_TIMES, ids=lambda value: repr(value)[:20])
def test_an_answer_is_given_a_good_time(nao, timeout):
    with pytest.raises(ConfigurationError) as caught:
        NaoClient(KEY, nao.url, answer_timeout=timeout)
    assert str(caught.value) == "answer_timeout: give a number of seconds, such as 60"


@pytest.mark.parametrize(
    "key", [None, 5, True, b"k-0123456789", ["k-0123456789"], pytest.param(object(), id="an object")], ids=repr
)
def test_a_key_that_is_no_text_is_refused(nao, key):
    with pytest.raises(ConfigurationError, match="it is no text"):
        NaoClient(key, nao.url)


@pytest.mark.parametrize(
    "url", [None, 5, True, b"https://nao.example.com", ["x"], pytest.param(object(), id="an object")], ids=repr
)
def test_a_server_that_is_no_text_is_refused(url):
    with pytest.raises(ConfigurationError, match="the URL must be text"):
        NaoClient(KEY, url)
