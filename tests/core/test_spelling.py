"""Settings that nobody reads: told with the spelling that is read, never with their value."""

import pytest

from pulumi_nao.config.spelling import misspelt_settings, misspelt_variables

pytestmark = pytest.mark.disable_socket

WRITTEN = {
    "nao:baseURL": "nao:baseUrl",
    "nao:baseurl": "nao:baseUrl",
    "nao:base_url": "nao:baseUrl",
    "nao:base-url": "nao:baseUrl",
    "nao:BASE_URL": "nao:baseUrl",
    "nao:baseUri": "nao:baseUrl",
    "nao:baseUlr": "nao:baseUrl",
    "nao:apikey": "nao:apiKey",
    "nao:apiKeys": "nao:apiKey",
    "nao:apiKye": "nao:apiKey",
    "nao:apKey": "nao:apiKey",
    "nao:API_KEY": "nao:apiKey",
    "nao:timeOut": "nao:timeout",
    "nao:timeouts": "nao:timeout",
    "nao:concurency": "nao:concurrency",
    "nao:requestPerSecond": "nao:requestsPerSecond",
    "nao:requestsPerSeconds": "nao:requestsPerSecond",
}


@pytest.mark.parametrize(("written", "right"), WRITTEN.items())
def test_a_misspelt_setting_is_told_with_its_spelling(written, right):
    assert misspelt_settings("nao", [written]) == [
        f"configuration {written}: there is no such setting, so it is ignored; write {right}"
    ]


@pytest.mark.parametrize("written", ["nao:server", "nao:token", "nao:requestsPerMinute", "nao:", "nao:apiKey:old"])
def test_a_setting_that_resembles_none_is_told_with_all_that_there_are(written):
    [told] = misspelt_settings("nao", [written])
    assert told == (
        f"configuration {written}: there is no such setting, so it is ignored; there are "
        "nao:apiKey, nao:baseUrl, nao:timeout, nao:concurrency, nao:requestsPerSecond"
    )


def test_the_limits_of_the_run_are_no_settings_of_another_namespace():
    assert misspelt_settings("nao-eu", ["nao-eu:concurrency"]) == [
        "configuration nao-eu:concurrency: there is no such setting, so it is ignored; write nao:concurrency"
    ]


def test_settings_that_are_read_and_keys_of_others_are_not_told():
    keys = ["nao:apiKey", "nao:baseUrl", "nao:timeout", "nao:concurrency", "nao:requestsPerSecond"]
    others = ["aws:region", "sites:baseURL", "naoki:apikey", "nao-eu:apikey", "pulumi:disable-default-providers"]
    assert misspelt_settings("nao", [*keys, *others]) == []


def test_in_the_namespace_of_the_project_only_what_resembles_a_setting_is_told():
    assert misspelt_settings("nao", ["nao:sites", "nao:url", "nao:baseURL"], shared=True) == [
        "configuration nao:baseURL: there is no such setting, so it is ignored; write nao:baseUrl"
    ]


def test_a_key_with_terminal_escapes_is_made_printable():
    [told] = misspelt_settings("nao", ["nao:apikey\x1b[31m\n"])
    assert told.startswith("configuration nao:apikey: there is no such setting")


VARIABLES = {
    "NAO_BASEURL": "NAO_BASE_URL",
    "NAO_BASE_URI": "NAO_BASE_URL",
    "NAO_base_url": "NAO_BASE_URL",
    "nao_base_url": "NAO_BASE_URL",
    "NAO_APIKEY": "NAO_API_KEY",
    "NAO_API_KEYS": "NAO_API_KEY",
    "NAO_TIME_OUT": "NAO_TIMEOUT",
    "NAO_REQUESTSPERSECOND": "NAO_REQUESTS_PER_SECOND",
}


@pytest.mark.parametrize(("written", "right"), VARIABLES.items())
def test_a_misspelt_variable_is_told_with_its_spelling(written, right):
    assert misspelt_variables("nao", {written: "hunter2!"}) == [
        f"environment variable {written}: there is no such setting, so it is ignored; write {right}"
    ]


@pytest.mark.parametrize(
    "name",
    [
        *("NAO_API_KEY", "NAO_BASE_URL", "NAO_TIMEOUT", "NAO_CONCURRENCY", "NAO_REQUESTS_PER_SECOND"),
        *("NAO_EU_API_KEY", "NAO_EU_TIMEOUT", "NAO_EU_BASEURL", "NAO_EU_APIKEY", "NAO_EU_CONCURRENCY"),
        *("NAO_IP", "NAO_HOME", "NAO_URL", "NAO_TIMEZONE", "NAO_", "NAO", "MY_NAO_BASEURL", "BASEURL"),
    ],
)
def test_a_variable_of_somebody_else_is_not_told(name):
    assert misspelt_variables("nao", {name: "hunter2!"}) == []


@pytest.mark.parametrize(
    ("written", "right"), [("NAO_EU_BASEURL", "NAO_EU_BASE_URL"), ("NAO_EU_CONCURRENCY", "NAO_CONCURRENCY")]
)
def test_a_misspelt_variable_of_another_namespace_is_told_for_that_one(written, right):
    assert misspelt_variables("nao-eu", {written: "hunter2!"}) == [
        f"environment variable {written}: there is no such setting, so it is ignored; write {right}"
    ]
