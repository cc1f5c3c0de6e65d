"""An account is a provider: its settings, and what is said of them."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from pulumi.runtime.proto import engine_pb2, provider_pb2

from tests.plugin.driver import UNKNOWN, Publication, bag, secret
from tests.plugin_host.conftest import KEY
from tests.tools.machine import wait_until

OTHER_KEY = "k-9876543210-other-account"


def _diff_config(plugin, olds, news):
    return plugin.call("DiffConfig", provider_pb2.DiffRequest(olds=bag(olds), news=bag(news)))


def test_the_provider_s_settings_win_over_the_environment(start_plugin, nao):
    nao.add_key(OTHER_KEY)
    plugin = start_plugin(
        {"apiKey": secret(OTHER_KEY), "baseUrl": nao.url, "timeout": "5m", "concurrency": 2.0},
        NAO_API_KEY="k-0000000000-wrong",
        NAO_BASE_URL="https://elsewhere.example",
    )
    assert Publication(plugin, "site").up({"siteId": 910})
    assert nao.publications(910) == 1


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"timeout": "5"}, "provider setting timeout: write a number with its unit, such as 90s, 30m or 1h30m."),
        ({"concurrency": 0.0}, "provider setting concurrency: write a whole number from 1 to 512."),
        ({"concurrency": "5.5"}, "provider setting concurrency: write a whole number from 1 to 512."),
        ({"concurrency": ["5"]}, "provider setting concurrency: write a whole number from 1 to 512."),
        (
            {"requestsPerSecond": True},
            "provider setting requestsPerSecond: write a number from 0.01 to 1000, such as 5 or 0.5.",
        ),
        ({"timeout": 30.0}, "provider setting timeout: write a number with its unit, such as 90s, 30m or 1h30m."),
        ({"apiKey": 12345678901234567.0}, "provider setting apiKey: write it as text."),
        (
            {"baseUrl": "http://nao.example.com"},
            (
                "provider setting baseUrl: plain http would show the key to the network; use https (http is for "
                "loopback only)."
            ),
        ),
        (
            {"apiKey": "Bearer k-0123456789"},
            (
                "the key from the provider setting apiKey cannot be used: it begins with `Bearer` or the like; "
                "NAO Cloud wants the bare token."
            ),
        ),
    ],
)
def test_a_setting_that_cannot_be_right_is_refused_offline_and_not_repeated(shared_plugin, settings, problem):
    assert shared_plugin.check_config(settings) == [problem]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"apiKey": UNKNOWN, "baseUrl": UNKNOWN, "concurrency": UNKNOWN},
        {"version": "0.1.0", "site": "910"},
        {"concurrency": "5", "requestsPerSecond": "0.5"},
        {"concurrency": 5.0, "requestsPerSecond": 0.5},
    ],
)
def test_good_settings_and_those_that_are_not_known_yet_are_accepted(shared_plugin, settings):
    assert shared_plugin.check_config(settings) == []


def test_nothing_about_a_provider_replaces_what_it_manages(shared_plugin):
    olds = {"apiKey": secret("k-0123456789-a"), "baseUrl": "https://a.example", "timeout": "5m"}
    news = {"apiKey": secret("k-0123456789-b"), "baseUrl": "https://b.example", "concurrency": "5"}
    answer = _diff_config(shared_plugin, olds, news)
    assert (answer.changes, list(answer.replaces)) == (provider_pb2.DiffResponse.DIFF_SOME, [])
    assert list(answer.diffs) == ["apiKey", "baseUrl", "timeout", "concurrency"]


def test_a_provider_that_stays_as_it_is_has_no_difference(shared_plugin):
    same = {"apiKey": secret("k-0123456789-a"), "version": "0.1.0"}
    assert _diff_config(shared_plugin, same, {**same, "version": "0.2.0"}).changes == (
        provider_pb2.DiffResponse.DIFF_NONE
    )


def test_another_key_publishes_nothing(start_plugin, nao):
    nao.add_key(OTHER_KEY)
    first = Publication(start_plugin({"apiKey": secret(KEY)}), "site")
    first.up({"siteId": 910})
    again = Publication(start_plugin({"apiKey": secret(OTHER_KEY)}), "site", first.inputs, first.outputs, "910")
    assert again.up({"siteId": 910})
    assert nao.publications(910) == 1


def test_two_providers_publish_one_site_one_after_the_other(start_plugin, nao):
    nao.add_site(910, job_seconds=math.inf)
    first, second = (Publication(start_plugin({}), name) for name in ("first", "second"))
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(first.up, {"siteId": 910})
        wait_until(lambda: nao.publications(910))
        other = pool.submit(second.up, {"siteId": 910})
        wait_until(lambda: second.plugin.lines(engine_pb2.INFO, second.urn))
        assert nao.publications(910) == 1
        nao.finish_job("48145")
        assert one.result()
        wait_until(lambda: nao.publications(910) == 2)
        nao.finish_job("48146")
        assert other.result()
    assert second.plugin.lines(engine_pb2.INFO, second.urn)[0].startswith(
        "waiting for another publication of site 910 to end, in another process"
    )


def test_a_key_in_plain_text_is_a_warning_on_every_run(start_plugin):
    (warning,) = start_plugin({"apiKey": KEY}).warnings()
    assert warning.startswith("the provider's apiKey is plain text")
    assert KEY not in warning


def test_a_key_that_is_a_secret_is_no_warning(start_plugin):
    assert start_plugin({"apiKey": secret(KEY)}).warnings() == []


def test_a_setting_that_nobody_reads_is_a_warning(start_plugin):
    plugin = start_plugin({"apikey": secret(KEY), "color": "red"}, NAO_APIKEY="x")
    assert plugin.warnings() == [
        "provider setting apikey: there is no such setting, so it is ignored; write apiKey",
        "environment variable NAO_APIKEY: there is no such setting, so it is ignored; write NAO_API_KEY",
    ]


def test_without_a_key_an_up_says_where_one_is_looked_for(start_plugin, nao):
    publication = Publication(start_plugin({}, NAO_API_KEY=""), "site")
    assert not publication.up({"siteId": 910})
    assert publication.text == (
        "publication of site 910 not sent: there is no NAO Cloud key\n"
        "  Set it with `pulumi config set --secret nao:apiKey`, or as apiKey of an explicit provider, or set "
        "NAO_API_KEY in the environment.\n"
        "  The next `pulumi up` tries again."
    )
    assert nao.count() == 0


def test_a_wrong_key_is_named_by_its_place(start_plugin):
    publication = Publication(start_plugin({"apiKey": secret("k-0000000000-wrong")}), "site")
    assert not publication.up({"siteId": 910})
    assert (
        "A key is looked for in the provider's apiKey (without an explicit provider, nao:apiKey of Pulumi's "
        "configuration), then in the environment (NAO_API_KEY)" in publication.text
    )


def test_without_a_key_a_preview_warns_once_and_goes_on(start_plugin):
    plugin = start_plugin({}, NAO_API_KEY="")
    for name in ("a", "b"):
        Publication(plugin, name).preview({"siteId": 910})
    (warning,) = plugin.warnings()
    assert warning.startswith("there is no NAO Cloud key, so `pulumi up` could not send anything. Set it with")


def test_a_recorded_server_stays_the_server_when_none_is_stated_any_more(start_plugin, nao):
    first = Publication(start_plugin({"baseUrl": nao.url}), "site")
    first.up({"siteId": 910})
    lost = Publication(start_plugin({}, NAO_BASE_URL=""), "site", first.inputs, first.outputs, "910")
    assert lost.up({"siteId": 910, "triggers": ["x"]})
    assert nao.publications(910) == 2


def test_a_replacement_never_sends_the_key_of_a_private_server_to_the_public_one(start_plugin, nao):
    first = Publication(start_plugin({"baseUrl": nao.url}), "site")
    first.up({"siteId": 910})
    lost = Publication(start_plugin({}, NAO_BASE_URL=""), "site", first.inputs, first.outputs, "910")
    assert not lost.up({"siteId": 912})
    assert (
        "set it with `pulumi config set nao:baseUrl URL`, or as baseUrl of an explicit provider, so that the key "
        "goes to no other" in lost.text
    )
    assert nao.publications() == 1
