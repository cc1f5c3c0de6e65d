"""Every setting, wrong in type, range, size or encoding: refused with its source, never with its value."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_nao.config.namespaces import environment_prefix, namespace_problem
from pulumi_nao.config.settings import Settings
from tests.core.checking import GOOD, refusals

pytestmark = pytest.mark.disable_socket

VARIABLES = {
    "apiKey": "NAO_API_KEY",
    "baseUrl": "NAO_BASE_URL",
    "timeout": "NAO_TIMEOUT",
    "concurrency": "NAO_CONCURRENCY",
    "requestsPerSecond": "NAO_REQUESTS_PER_SECOND",
}

DURATION = "write a number with its unit, such as 90s, 30m or 1h30m"
TIMEOUT_RANGE = "a time-out is from 100ms to 168h"
TIMEOUTS = {
    "no unit": ("5", DURATION),
    "only a unit": ("m", DURATION),
    "an unknown unit": ("1d", DURATION),
    "a word": ("half an hour", DURATION),
    "a capital": ("5M", DURATION),
    "a space within": ("1h 30m", DURATION),
    "a space before the unit": ("1 m", DURATION),
    "spaces": ("  ", DURATION),
    "below zero": ("-5m", DURATION),
    "a sign": ("+5m", DURATION),
    "an exponent": ("1e3s", DURATION),
    "infinity": ("inf", DURATION),
    "an infinite number of seconds": ("infs", DURATION),
    "not a number": ("nans", DURATION),
    "the sign of infinity": ("∞s", DURATION),
    "an underscore": ("1_000s", DURATION),
    "a comma": ("1,5h", DURATION),
    "a point last": ("1.h", DURATION),
    "a point first": (".5h", DURATION),
    "two points": ("1.2.3s", DURATION),
    "hexadecimal": ("0x10s", DURATION),
    "full-width digits": ("３０m", DURATION),
    "a full-width unit": ("30ｍ", DURATION),
    "Arabic-Indic digits": ("٣m", DURATION),
    "a clock's time": ("00:30:00", DURATION),
    "ISO 8601": ("PT30M", DURATION),
    "JSON": ('{"minutes": 5}', DURATION),
    "a NUL": ("5m\0", DURATION),
    "a zero-width space": ("5\u200bm", DURATION),
    "an undecodable byte": ("5m\udcff", DURATION),
    "without end": ("1h" * 100_000, DURATION),
    "digits without end": ("9" * 100_000 + "s", DURATION),
    "zero": ("0s", TIMEOUT_RANGE),
    "zero of many units": ("0h0m0s", TIMEOUT_RANGE),
    "a slip of the pen": ("30ms", TIMEOUT_RANGE),
    "just too short": ("99ms", TIMEOUT_RANGE),
    "just too long": ("168h1s", TIMEOUT_RANGE),
    "far too long": ("9999999999h", TIMEOUT_RANGE),
}

WHOLE = "write a whole number from 1 to 512"
CONCURRENCIES = {
    text: (text, WHOLE)
    for text in (
        "0",
        "-1",
        "+5",
        "513",
        "99999",
        "1.0",
        "1e2",
        "0x10",
        "1_000",
        "1,000",
        "inf",
        "nan",
        "many",
        "true",
    )
} | {
    "spaces": ("   ", WHOLE),
    "two numbers": ("5 6", WHOLE),
    "Arabic-Indic digits": ("٣", WHOLE),
    "full-width digits": ("５", WHOLE),
    "a superscript": ("²", WHOLE),
    "a NUL": ("5\0", WHOLE),
    "an undecodable byte": ("5\udcff", WHOLE),
    "digits without end": ("9" * 100_000, WHOLE),
    "JSON": ("[5]", WHOLE),
}

RATE = "write a number from 0.01 to 1000, such as 5 or 0.5"
RATES = {
    text: (text, RATE)
    for text in (
        *("0", "0.0", "0.009", "-1", "+5", "1001", "1e3", "1e400", "1e-400", ".5", "5.", "1_000", "1,5", "0x10"),
        *("inf", "infinity", "nan", "fast", "true", "5/s", "1.2.3"),
    )
} | {
    "spaces": ("   ", RATE),
    "Arabic-Indic digits": ("٣.٥", RATE),
    "full-width digits": ("５", RATE),
    "a fraction sign": ("½", RATE),
    "a NUL": ("5\0", RATE),
    "an undecodable byte": ("5\udcff", RATE),
    "digits without end": ("9" * 100_000, RATE),
    "decimals without end": ("0." + "1" * 100_000, RATE),
    "JSON": ("[5]", RATE),
}

NUMBERS = [
    pytest.param(key, value, reason, id=f"{key} {name}")
    for key, cases in {"timeout": TIMEOUTS, "concurrency": CONCURRENCIES, "requestsPerSecond": RATES}.items()
    for name, (value, reason) in cases.items()
]


@pytest.mark.parametrize(("key", "value", "reason"), NUMBERS)
def test_a_limit_that_cannot_work_in_the_configuration_is_refused(key, value, reason):
    assert refusals(config={f"nao:{key}": value}) == [f"configuration nao:{key}: {reason}."]


@pytest.mark.parametrize(("key", "value", "reason"), NUMBERS)
def test_a_limit_that_cannot_work_in_the_environment_is_refused(key, value, reason):
    variable = VARIABLES[key]
    assert refusals(environment={variable: value}) == [f"environment variable {variable}: {reason}."]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(
            ("timeout", text)
            for text in ("100ms", "168h", "1.5h", "1h30m", "1000ms", " 30m ", "30m\n", "30m\x1e", "0h90s")
        ),
        *(("concurrency", text) for text in ("1", "512", " 8 ", "8\n", "8\x1e", "0008")),
        *(("requestsPerSecond", text) for text in ("0.01", "1000", "0.5", "5", " 5 ", "5\n", "5\x1e", "5.0")),
    ],
)
def test_limits_at_their_bounds_and_with_white_space_around_are_good(key, value):
    assert refusals(config={f"nao:{key}": value}) == []


CHARACTER = "it contains a character that no key has (a space, a line break, a letter outside ASCII)"
SCHEME = "it begins with `Bearer` or the like"
SPACE = "it begins or ends with white space, such as a line break"
QUOTES = "it stands in quotes"
BAD_KEYS = {
    "spaces": ("   ", "it is empty"),
    "a line break": ("\n", "it is empty"),
    "a line break at the end": ("k-0123456789\n", SPACE),
    "a carriage return at the end": ("k-0123456789\r", SPACE),
    "a line of Windows": ("k-0123456789\r\n", SPACE),
    "a space at the end": ("k-0123456789 ", SPACE),
    "a space first": (" k-0123456789", SPACE),
    "a tabulator first": ("\tk-0123456789", SPACE),
    "an odd space at the end": ("k-0123456789\u2003", SPACE),
    "Bearer": ("Bearer k-0123456789", SCHEME),
    "bearer": ("bearer k-0123456789", SCHEME),
    "Bearer and nothing": ("Bearer", SCHEME),
    "Bearer with a colon": ("BEARER:k-0123456789", SCHEME),
    "Basic": ("Basic dXNlcjpwYXNz", SCHEME),
    "Token": ("Token token=k-0123456789", SCHEME),
    "a whole header": ("Authorization: k-0123456789", SCHEME),
    "double quotes": ('"k-0123456789"', QUOTES),
    "single quotes": ("'k-0123456789'", QUOTES),
    "one quote": ('"k-0123456789', QUOTES),
    "a space within": ("k-01234 56789", CHARACTER),
    "a line break within": ("k-0123456789\r\nX-Other: 1", CHARACTER),
    "a bare line feed within": ("k-01234\n56789", CHARACTER),
    "a NUL": ("k-0123456789\0", CHARACTER),
    "an escape": ("k-\x1b[31m0123456789", CHARACTER),
    "a delete character": ("k-0123456789\x7f", CHARACTER),
    "a next-line character": ("k-01234\x8556789", CHARACTER),
    "an umlaut": ("schlüssel-0123456789", CHARACTER),
    "a Cyrillic letter": ("kеy-0123456789", CHARACTER),
    "a byte order mark": ("\ufeffk-0123456789", CHARACTER),
    "a zero-width space": ("k-0123\u200b456789", CHARACTER),
    "a typographic hyphen": ("k\u20110123456789", CHARACTER),
    "an undecodable byte": ("k-0123456789\udcff", CHARACTER),
    "an emoji": ("k-0123456789🔑", CHARACTER),
    "seven characters": ("k-01234", "it has fewer than 8 characters"),
    "one character": ("k", "it has fewer than 8 characters"),
    "a word of three": ("abc", "it has fewer than 8 characters"),
    "without end": ("k" * 8193, "it has more than 8192 characters"),
    "far without end": ("k" * 1_000_000, "it has more than 8192 characters"),
}


@pytest.mark.parametrize(("key", "reason"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_cannot_be_sent_is_refused(key, reason):
    expected = f"cannot be used: {reason}; NAO Cloud wants the bare token."
    assert refusals(config={"nao:apiKey": key}) == [f"the key from the configuration nao:apiKey {expected}"]
    assert refusals(environment={"NAO_API_KEY": key}) == [
        f"the key from the environment variable NAO_API_KEY {expected}"
    ]


@pytest.mark.parametrize(
    "key", ["k-012345", "k" * 8192, "eyJhbGciOiJI.eyJzdWIi.x_y-z", "!#$%&()*+,./:;<=>?@[]^_{|}~"]
)
def test_every_key_of_good_length_and_plain_characters_is_good(key):
    assert refusals(config={"nao:apiKey": key}) == []


TEXT = "write it as text"


@pytest.mark.parametrize("key", VARIABLES)
@pytest.mark.parametrize(
    "value", [5, 5.0, True, b"5", ["5"], {"a": "5"}, pytest.param(object(), id="an object")], ids=repr
)
def test_a_setting_that_is_no_text_is_refused(key, value):
    assert refusals(config={f"nao:{key}": value}) == [f"configuration nao:{key}: {TEXT}."]


@pytest.mark.parametrize("variable", VARIABLES.values())
def test_an_empty_variable_counts_as_not_set(variable):
    assert refusals(environment={variable: ""}) == []


@pytest.mark.parametrize("key", VARIABLES)
def test_an_empty_setting_of_the_configuration_is_refused(key):
    assert len(refusals(config={f"nao:{key}": ""})) == 1


def test_all_settings_that_cannot_work_are_told_at_once():
    config = {"nao:apiKey": "a b", "nao:baseUrl": "x", "nao:timeout": "5", "nao:concurrency": "0"}
    found = refusals(config={**config, "nao:requestsPerSecond": "0"})
    assert [reason.split(":")[1][:9] for reason in found] == [
        "apiKey ca",
        "baseUrl",
        "timeout",
        "concurren",
        "requestsP",
    ]


@pytest.mark.parametrize("key", VARIABLES)
@given(value=st.text(st.characters(), min_size=1))
@example(value="0" * 10_000)
@example(value="1e999")
@example(value="requests")
def test_any_text_passes_or_is_refused_in_one_line_without_being_repeated(key, value):
    found = refusals(config={f"nao:{key}": value + "\x1b"}, environment={})
    assert len(found) == 1
    assert found[0].isprintable()
    [said_of_any] = refusals(config={f"nao:{key}": "\x1b"}, environment={})
    assert found[0].count(value) <= said_of_any.count(value) or len(value) < 8


NAMESPACE = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,4}", fullmatch=True)


@given(NAMESPACE, NAMESPACE)
def test_two_namespaces_never_share_a_variable(first, second):
    assert namespace_problem(first) == namespace_problem(second) == ""
    suffixes = [variable.removeprefix("NAO_") for variable in VARIABLES.values()]
    of_first = {environment_prefix(first) + suffix for suffix in suffixes}
    of_second = {environment_prefix(second) + suffix for suffix in suffixes}
    assert first == second or not of_first & of_second


def test_a_namespace_without_a_server_is_refused():
    [reason] = refusals({**GOOD, "config_namespace": "nao-eu"})
    assert reason == (
        "the configuration namespace 'nao-eu' states no server. Set it with "
        "`pulumi config set nao-eu:baseUrl https://www.nao-cloud.com`, or set NAO_EU_BASE_URL in the environment."
    )


def test_the_keys_that_were_found_can_be_gone_through_while_others_are_looked_up():
    settings = Settings({"nao:apiKey": "key-of-one", "nao-eu:apiKey": "key-of-two"}.get, {})
    settings.api_key("nao")
    found = settings.keys
    settings.api_key("nao-eu")
    assert found == {"key-of-one"}
    assert settings.keys == {"key-of-one", "key-of-two"}
