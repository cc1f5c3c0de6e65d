"""Text, durations, account, namespaces, settings, inputs, triggers and pace."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_nao.cloud.address import canonical_server
from pulumi_nao.cloud.key import key_problem
from pulumi_nao.config.namespaces import environment_prefix, namespace_problem
from pulumi_nao.config.settings import Settings
from pulumi_nao.errors import ConfigurationError
from pulumi_nao.resources.inputs import publication_inputs
from pulumi_nao.text import format_duration, parse_duration, printable, redact
from pulumi_nao.values import TRIGGERS, same, value_problems


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("1h30m", 5400), ("500ms", 0.5)])
def test_durations_are_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "m", "1d", "-5s", "1 m", "∞", "1e3s"])
def test_other_texts_are_no_durations(text):
    with pytest.raises(ValueError, match="write a number with its unit"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (21.216, "21.2 s"), (60, "1 min"), (5400, "1 h 30 min"), (61, "1 min 1 s")]
)
def test_durations_are_written_as_people_say_them(seconds, text):
    assert format_duration(seconds) == text


def test_terminal_escapes_and_control_characters_are_taken_out():
    assert printable("a\x1b[31mred\x1b[0m\x07 b\n\tc\x1b]0;title\x07d\u202e") == "ared bc".replace("bc", "b cd")


def test_long_text_is_cut():
    assert len(printable("x" * 10_000)) == 500


@given(st.text(min_size=8, alphabet=st.characters(min_codepoint=33, max_codepoint=126)), st.text())
def test_a_key_never_survives(key, around):
    assert key not in printable(around + key + around, [key]).replace("[redacted]", "")


def test_encoded_forms_of_a_key_are_redacted():
    assert redact("c2VjcmV0L2tleQ== secret%2Fkey", ["secret/key"]) == "[redacted]== [redacted]"


SLOW_TO_SEARCH = {
    "a key, backslashes": ("k-0123456789", "\\" * 1_000_000),
    "a key of backslashes, more of them": ("k-" + "\\" * 12 + "9", ("k-" + "\\" * 500) * 2_000),
    "a key that begins with backslashes, more of them": ("\\" * 12 + "9", "\\" * 1_000_000),
    "a key with percent signs, percent signs encoded again and again": ("%" * 12, "%" + "25" * 500_000),
    "a key, zeros": ("k-0123456789", "&#" + "0" * 1_000_000),
    "escapes": ("k-0123456789", "\x1b]" * 300_000),
}


@pytest.mark.timeout(60)  # a search that tries every way to read them would take hours or years
@pytest.mark.parametrize(("key", "text"), SLOW_TO_SEARCH.values(), ids=SLOW_TO_SEARCH)
def test_a_text_that_is_made_to_be_searched_without_end_is_searched(key, text):
    assert printable(text + " " + key, [key]).count(key) == 0


@pytest.mark.parametrize("levels", range(5))
def test_a_key_with_backslashes_is_redacted_in_json_within_json(levels):
    key = r'k-01\\23"4\5'
    text = key
    for _ in range(levels):
        text = json.dumps(text)[1:-1]
    assert redact(f"a {text} b", [key]) == "a [redacted] b"


@given(st.text())
def test_printable_text_has_no_control_characters(text):
    assert all(character.isprintable() or character == " " for character in printable(text).replace("\xad", ""))


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTPS://WWW.NAO-Cloud.com:443/", "https://www.nao-cloud.com"),
        ("https://nao.example.com:8443/nao/", "https://nao.example.com:8443/nao"),
        ("http://localhost:8910", "http://localhost:8910"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://[::1]:8910/", "http://[::1]:8910"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
    ],
)
def test_servers_have_one_form(url, canonical):
    assert canonical_server(url) == canonical


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://nao.example.com", "plain http would show the key"),
        ("ftp://nao.example.com", "must begin with https://"),
        ("nao.example.com", "must begin with https://"),
        ("https://", "must begin with https://"),
        ("https://user:hunter2@nao.example.com", "must not contain a user name or a password"),
        ("https://nao.example.com/?a=1", "query or a fragment"),
        ("https://nao.example.com:notaport", "malformed"),
        ("https://nao .example.com", "space or a control character"),
        ("https://" + "a" * 80 + ".example", "not a valid name"),
    ],
)
def test_other_urls_are_refused_and_not_repeated(url, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        canonical_server(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "it is empty"),
        ("  ", "it is empty"),
        ("Bearer abc", "it begins with `Bearer`"),
        ("abcdefgh\n", "begins or ends with white space"),
        ("abc def", "contains a character that no key has"),
        ("abc\r\nX: y", "contains a character that no key has"),
        ("schlüssel", "contains a character that no key has"),
    ],
)
def test_keys_that_cannot_be_sent_are_refused(key, reason):
    assert reason in key_problem(key)


def test_a_good_key_has_no_problem():
    assert key_problem("eyJhbGciOiJI.x_y-z") == ""


@pytest.mark.parametrize("name", ["NAO", "nao_eu", "nao.eu", "nao--eu", "-nao", "", "n" * 65, 5, None])
def test_namespaces_whose_variables_could_collide_are_refused(name):
    assert namespace_problem(name) != ""


def test_a_namespace_has_variables_of_its_own():
    assert namespace_problem("nao-eu") == ""
    assert environment_prefix("nao-eu") == "NAO_EU_"


def settings(config=None, **environment):
    return Settings((config or {}).get, environment)


def test_the_stacks_configuration_wins_over_the_environment():
    found = settings({"nao:apiKey": "one-key-1234"}, NAO_API_KEY="other-key").api_key("nao")
    assert (found.value, found.origin) == ("one-key-1234", "configuration nao:apiKey")


def test_an_empty_variable_counts_as_not_set():
    with pytest.raises(ConfigurationError, match="there is no NAO Cloud key"):
        settings(NAO_API_KEY="").api_key("nao")


def test_a_setting_does_not_show_its_value():
    assert repr(settings(NAO_API_KEY="one-key-1234").api_key("nao")) == "ApiKey('environment variable NAO_API_KEY')"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"nao:apiKey": "a b"}, "the key from the configuration nao:apiKey cannot be used"),
        ({"nao:baseUrl": "http://x.example"}, "configuration nao:baseUrl: plain http"),
        ({"nao:timeout": "5"}, "configuration nao:timeout: write a number with its unit"),
        ({"nao:timeout": "0s"}, "a time-out is from 100ms to 168h"),
        ({"nao:timeout": "999h"}, "a time-out is from 100ms to 168h"),
        ({"nao:concurrency": "0"}, "write a whole number from 1 to 512"),
        ({"nao:concurrency": "many"}, "write a whole number from 1 to 512"),
        ({"nao:requestsPerSecond": "nan"}, "write a number from 0.01 to 1000"),
        ({"nao:requestsPerSecond": "fast"}, "write a number from 0.01 to 1000"),
    ],
)
def test_configuration_that_cannot_work_is_a_problem(config, problem):
    [found] = settings(config).problems("nao")
    assert problem in found


def test_good_settings_are_read():
    good = settings(NAO_TIMEOUT="5m", NAO_CONCURRENCY="8", NAO_REQUESTS_PER_SECOND="0.5")
    assert (good.limit("nao").seconds, good.concurrency(), good.requests_per_second()) == (300, 8, 0.5)
    assert good.problems("nao") == []


def test_hundreds_of_resources_have_their_settings_read_once():
    asked = []
    found = Settings(asked.append, {"NAO_BASE_URL": "https://nao.example.com", "NAO_TIMEOUT": "5"})
    first = found.problems("nao")
    once = len(asked)
    assert [found.problems("nao") for _ in range(200)] == [first] * 200
    assert [found.stated_server("nao") for _ in range(200)] == ["https://nao.example.com"] * 200
    assert len(asked) == once


def test_each_namespace_keeps_its_own_problems():
    found = settings({"nao:timeout": "0s"}, NAO_EU_BASE_URL="https://eu.example.com")
    assert found.problems("nao") == ["configuration nao:timeout: a time-out is from 100ms to 168h."]
    assert found.problems("nao-eu") == []


GOOD = {"site_id": 910, "config_namespace": "nao"}


@pytest.mark.parametrize("site", [910, "910", 910.0])
def test_a_site_has_one_form(site):
    checked, _ = publication_inputs({**GOOD, "site_id": site})
    assert checked["site_id"] == 910
    assert type(checked["site_id"]) is int


@pytest.mark.parametrize(
    "site", [0, -1, True, 1.5, "", "nine", "９１０", "1e3", 2**53, "9" * 40, [910], {}, math.inf, math.nan, None]
)
def test_other_sites_are_refused(site):
    assert publication_inputs({**GOOD, "site_id": site})[1] == [
        "site_id: write the site's number, such as 910: a whole number above 0"
    ]


def test_a_missing_site_is_required():
    assert publication_inputs({})[1] == ["site_id: this input is required"]


def test_unknown_inputs_do_not_exist():
    assert publication_inputs({**GOOD, "sites": [1]})[1] == ["sites: there is no such input"]


def test_all_problems_are_told_at_once():
    found = publication_inputs({"site_id": 0, "config_namespace": "Nao", "triggers": {"a": [math.nan]}})[1]
    assert [problem.split(": ")[0] for problem in found] == ["site_id", "config_namespace", "triggers.a[0]"]


@pytest.mark.parametrize("triggers", ["text", 5, True])
def test_triggers_are_a_mapping_or_a_list(triggers):
    assert publication_inputs({**GOOD, "triggers": triggers})[1] == [
        "triggers: give a mapping or a list, such as {'zones': content_digest(...)}"
    ]


@pytest.mark.parametrize("triggers", [Unknown(), {"a": Unknown()}, [{"a": [Unknown()]}]])
def test_what_is_unknown_at_preview_passes(triggers):
    assert publication_inputs({**GOOD, "site_id": Unknown(), "triggers": triggers})[1] == []


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.floats(-1e9, 1e9) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def as_sent(value):
    """What the wire makes of a value: doubles, no `None` in mappings, keys in another order."""
    if isinstance(value, dict):
        return {key: as_sent(item) for key, item in reversed(value.items()) if item is not None}
    if isinstance(value, list):
        return [as_sent(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@given(PLAIN)
def test_triggers_survive_the_wire(value):
    assert same(value, as_sent(value))


@given(PLAIN, PLAIN)
def test_sameness_is_symmetrical(first, second):
    assert same(first, second) == same(second, first)


@pytest.mark.parametrize(
    ("first", "second"), [(True, 1), (0, False), ("5", 5), ([1, 2], [2, 1]), ({"a": 1}, {"b": 1})]
)
def test_these_are_different(first, second):
    assert not same(first, second)


def test_the_problems_of_triggers_name_their_place_and_not_their_value():
    assert value_problems(TRIGGERS, {"a": [1, {"b": object()}], "c": 2.0**53, "d": math.inf}) == [
        "triggers.a[1].b: a value of type object cannot be a trigger; for files, use content_digest",
        "triggers.c: integers of 2**53 and over lose digits on their way; write it as text",
        "triggers.d: this is not a finite number, so it would be a change at every run",
    ]
