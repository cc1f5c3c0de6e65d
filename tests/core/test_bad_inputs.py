"""Every input of the resource, wrong in type, range, size or encoding: refused with its path, without its value."""

import datetime as dt
import decimal
import enum
import inspect
import json
import math
import pathlib
import uuid

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_nao import TrackingConfigPublication
from tests.core.checking import GOOD, refusals

pytestmark = pytest.mark.disable_socket

SITE = "site_id: write the site's number, such as 910: a whole number above 0"
SITES = {
    "nothing": None,
    "zero": 0,
    "minus zero": -0.0,
    "below zero": -910,
    "true": True,
    "false": False,
    "a fraction": 910.5,
    "infinity": math.inf,
    "minus infinity": -math.inf,
    "not a number": math.nan,
    "too large by one": 2**53,
    "too large as a float": 2.0**53,
    "far too large": 10**400,
    "a float beyond integers": 1e300,
    "an empty text": "",
    "a space": " ",
    "zero as text": "0",
    "minus zero as text": "-0",
    "with a sign": "+5",
    "below zero as text": "-910",
    "spaces around": " 910 ",
    "a line break": "910\n",
    "a NUL": "910\0",
    "an escape": "\x1b[31m910",
    "a fraction as text": "910.0",
    "an exponent": "1e3",
    "an overflow as text": "1e400",
    "hexadecimal": "0x38e",
    "octal": "0o1616",
    "with an underscore": "1_000",
    "with a comma": "1,000",
    "two sites": "910,911",
    "a word": "nine",
    "Arabic-Indic digits": "٣",
    "full-width digits": "９１０",
    "a superscript": "²",
    "a Roman numeral": "Ⅸ",
    "a zero-width space": "91\u200b0",
    "half a surrogate pair": "\ud800",
    "too large as text": "9007199254740992",
    "thousands of digits": "9" * 5000,
    "leading zeros without end": "0" * 5000 + "910",
    "JSON": '{"id": 910}',
    "a list": [910],
    "a mapping": {"id": 910},
    "a set": {910},
    "bytes": b"910",
    "a decimal": decimal.Decimal(910),
    "a complex number": complex(910),
    "a date": dt.date(2026, 11, 25),
    "a UUID": uuid.UUID(int=910),
    "an object": object(),
    "a type": int,
    "a list with something unknown": [Unknown()],
}


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_what_is_no_site_is_refused(site):
    assert refusals({**GOOD, "site_id": site}) == [SITE]


@pytest.mark.parametrize("site", [1, "1", 1.0, 2**53 - 1, "9007199254740991", "00910", enum.IntEnum("E", {"a": 5}).a])
def test_the_first_and_the_last_site_are_good(site):
    assert refusals({**GOOD, "site_id": site}) == []


FORM = "config_namespace: use lower-case letters and digits, with single hyphens between them, such as 'nao-eu'"
TYPE = (
    "config_namespace: write it as plain text, such as 'nao-eu'; "
    "an output is not known when the configuration is read"
)
NAMESPACES = {
    "empty": ("", FORM),
    "a space": (" ", FORM),
    "capitals": ("NAO", FORM),
    "an underscore": ("nao_eu", FORM),
    "a dot": ("nao.eu", FORM),
    "a colon": ("nao:apiKey", FORM),
    "a slash": ("nao/eu", FORM),
    "two hyphens": ("nao--eu", FORM),
    "a hyphen first": ("-nao", FORM),
    "a hyphen last": ("nao-", FORM),
    "a digit first": ("1nao", FORM),
    "a line break": ("nao\n", FORM),
    "a NUL": ("nao\0", FORM),
    "an equals sign": ("nao=x", FORM),
    "a shell's variable": ("$HOME", FORM),
    "an umlaut": ("näo", FORM),
    "a Cyrillic a": ("nаo", FORM),
    "full-width": ("ｎａｏ", FORM),
    "a dotless i": ("nıo", FORM),
    "too long by one": ("n" * 65, FORM),
    "endless": ("n" * 1_000_000, FORM),
    "half a surrogate pair": ("nao\ud800", FORM),
    "nothing": (None, TYPE),
    "a number": (5.0, TYPE),
    "true": (True, TYPE),
    "bytes": (b"nao", TYPE),
    "a list": (["nao"], TYPE),
    "a mapping": ({"nao": 1}, TYPE),
    "unknown": (Unknown(), TYPE),
}


@pytest.mark.parametrize(("namespace", "reason"), NAMESPACES.values(), ids=NAMESPACES)
def test_what_is_no_namespace_is_refused(namespace, reason):
    assert refusals({**GOOD, "config_namespace": namespace}) == [reason]


KIND = "triggers: give a mapping or a list, such as {'zones': content_digest(...)}"
KINDS = {
    "text": "zones",
    "an empty text": "",
    "a number": 5,
    "a fraction": 0.5,
    "not a number": math.nan,
    "true": True,
    "false": False,
    "bytes": b"zones",
    "a set": {"zones"},
    "a range": range(3),
    "a generator": (part for part in "ab"),
    "an asset": pulumi.StringAsset("x"),
    "an archive": pulumi.AssetArchive({}),
    "a path": pathlib.Path("zones"),
    "an object": object(),
}


@pytest.mark.parametrize("triggers", KINDS.values(), ids=KINDS)
def test_triggers_of_another_kind_are_refused(triggers):
    assert refusals({**GOOD, "triggers": triggers}) == [KIND]


def of_type(name):
    return f"a value of type {name} cannot be a trigger; for files, use content_digest"


NOT_FINITE = "this is not a finite number, so it would be a change at every run"
LARGE = "integers of 2**53 and over lose digits on their way; write it as text"
LONG = "this text is longer than 1000000 characters; give a digest of it"
HALF = "this text holds half of a surrogate pair, which cannot be sent"
MARK = "has a meaning of its own in Pulumi"


def sentence_of_the_sdk():
    """What the installed SDK puts into a text for an output, so that other words of a newer one are noticed here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_ERROR_OUTPUT_STRING", "true")  # else it would be logged, too
        with pytest.raises(Exception, match="Output") as caught:
            str(object.__new__(pulumi.Output))
    return str(caught.value)


SENTENCE = sentence_of_the_sdk()
OUTPUT = (
    "this text was made from an output or a resource, and does not hold its value; give the output itself, "
    "or write pulumi.Output.concat(...) or output.apply(...)"
)
TEXTS_OF_OUTPUTS = {
    "an output as text": SENTENCE,
    "an output in a text": f"hunter2!-{SENTENCE}-1",
    "an output in JSON": json.dumps({"a": SENTENCE}),
    "an output in capitals": SENTENCE.upper(),
    "outputs of a list in a text": f"{[object.__new__(pulumi.Output)]}",
    "a resource in a text": f"hunter2!-{object.__new__(TrackingConfigPublication)}",
}
VALUES = {
    "not a number": (math.nan, NOT_FINITE),
    "infinity": (math.inf, NOT_FINITE),
    "minus infinity": (-math.inf, NOT_FINITE),
    "an overflow": (1e400, NOT_FINITE),
    "too large": (2**53, LARGE),
    "too small": (-(2**53), LARGE),
    "too large as a float": (2.0**53, LARGE),
    "beyond floats": (10**400, LARGE),
    "bytes": (b"hunter2!", of_type("bytes")),
    "a byte array": (bytearray(b"hunter2!"), of_type("bytearray")),
    "a view of memory": (memoryview(b"hunter2!"), of_type("memoryview")),
    "a set": ({"hunter2!"}, of_type("set")),
    "a frozen set": (frozenset({"hunter2!"}), of_type("frozenset")),
    "a decimal": (decimal.Decimal("1.5"), of_type("Decimal")),
    "a complex number": (1j, of_type("complex")),
    "a date": (dt.date(2026, 11, 25), of_type("date")),
    "a time": (dt.datetime(2026, 11, 25, tzinfo=dt.timezone.utc), of_type("datetime")),
    "a duration": (dt.timedelta(1), of_type("timedelta")),
    "a UUID": (uuid.UUID(int=1), of_type("UUID")),
    "a path": (pathlib.PurePosixPath("x"), of_type("PurePosixPath")),
    "a range": (range(3), of_type("range")),
    "a function": (refusals, of_type("function")),
    "a type": (int, of_type("type")),
    "an exception": (ValueError("hunter2!"), of_type("ValueError")),
    "an asset": (pulumi.StringAsset("hunter2!"), of_type("StringAsset")),
    "a file asset": (pulumi.FileAsset("x"), of_type("FileAsset")),
    "a remote asset": (pulumi.RemoteAsset("https://x"), of_type("RemoteAsset")),
    "an archive": (pulumi.AssetArchive({}), of_type("AssetArchive")),
    "a plain enumeration": (enum.Enum("Colour", {"red": "hunter2!"}).red, of_type("Colour")),
    "a name with an escape": (type("\x1b[31mred", (), {})(), of_type("red")),
    "half a surrogate pair": ("hunter2!\ud800", HALF),
    "text without end": ("hunter2!" * 200_000, LONG),
    "Pulumi's mark of the unknown": ("04da6b54-80e4-46f7-96ec-b56ff0331ba9", "this text " + MARK),
    **{name: (text, OUTPUT) for name, text in TEXTS_OF_OUTPUTS.items()},
}


@pytest.mark.parametrize(("value", "reason"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    ("wrap", "path"),
    [
        (lambda value: {"a": value}, "triggers.a"),
        (lambda value: [0, value], "triggers[1]"),
        (lambda value: {"a": [{"b c": value}]}, "triggers.a[0].b c"),
    ],
    ids=["in a mapping", "in a list", "deep"],
)
def test_a_value_that_cannot_be_a_trigger_is_refused_with_its_place(value, reason, wrap, path):
    assert refusals({**GOOD, "triggers": wrap(value)}) == [f"{path}: {reason}"]


KEYS = {
    "a number": (1, "triggers: the keys of a mapping are text, and this is a value of type int"),
    "nothing": (None, "triggers: the keys of a mapping are text, and this is a value of type NoneType"),
    "bytes": (b"a", "triggers: the keys of a mapping are text, and this is a value of type bytes"),
    "a tuple": ((1, 2), "triggers: the keys of a mapping are text, and this is a value of type tuple"),
    "half a surrogate pair": ("a\ud800", f"triggers.a: {HALF}"),
    "without end": ("k" * 1_000_001, f"triggers.{'k' * 59}…: {LONG}"),
    "Pulumi's mark of secrets": (
        "4dabf18193072939515e22adb298388d",
        f"triggers.4dabf18193072939515e22adb298388d: this key {MARK}",
    ),
}


@pytest.mark.parametrize(("key", "reason"), KEYS.values(), ids=KEYS)
def test_a_key_of_a_trigger_that_cannot_be_sent_is_refused(key, reason):
    assert refusals({**GOOD, "triggers": {key: "hunter2!"}}) == [reason]


@pytest.mark.parametrize("text", TEXTS_OF_OUTPUTS.values(), ids=TEXTS_OF_OUTPUTS)
def test_an_output_in_the_text_of_a_key_is_refused(text):
    [reason] = refusals({**GOOD, "triggers": {"a": {text: "hunter2!"}}})
    assert reason.startswith("triggers.a.")
    assert reason.endswith(f": {OUTPUT}")


@pytest.mark.parametrize("text", TEXTS_OF_OUTPUTS.values(), ids=TEXTS_OF_OUTPUTS)
def test_an_output_in_the_text_of_a_site_is_refused_with_the_way_to_write_it(text):
    assert refusals({**GOOD, "site_id": text}) == [f"site_id: {OUTPUT}"]


@pytest.mark.parametrize("text", TEXTS_OF_OUTPUTS.values(), ids=TEXTS_OF_OUTPUTS)
def test_an_output_in_the_text_of_a_namespace_is_refused_as_an_output_is(text):
    assert refusals({**GOOD, "config_namespace": text}) == [TYPE]


@pytest.mark.parametrize("text", ["Calling all stations", "an object at 0x5", "See __str__ of Output[T]"])
def test_words_that_only_resemble_an_outputs_are_good(text):
    assert refusals({**GOOD, "triggers": [text]}) == []


def test_a_key_with_terminal_escapes_is_made_printable():
    assert refusals({**GOOD, "triggers": {"a\x1b[31m\n\u202eb" + "c" * 100: math.nan}}) == [
        f"triggers.a b{'c' * 56}…: {NOT_FINITE}"
    ]


def nested(levels, wrap):
    value = "hunter2!"
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}], ids=["lists", "mappings"])
@pytest.mark.parametrize("levels", [25, 1000, 100_000])
def test_triggers_without_end_of_depth_are_refused(levels, wrap):
    [reason] = refusals({**GOOD, "triggers": nested(levels, wrap)})
    assert reason.endswith(": this is nested deeper than 24 levels, or contains itself; give a digest of it")


@pytest.mark.parametrize("wrap", [lambda value: [value], lambda value: {"a": value}], ids=["lists", "mappings"])
def test_triggers_of_good_depth_pass(wrap):
    assert refusals({**GOOD, "triggers": nested(24, wrap)}) == []


def test_triggers_that_contain_themselves_are_refused():
    triggers = {}
    triggers["again"] = [triggers, triggers]
    found = refusals({**GOOD, "triggers": triggers})
    assert len(found) == 20
    assert all("or contains itself" in reason for reason in found)


def test_triggers_that_fan_out_without_end_are_refused():
    value = ["x"]
    for _ in range(20):
        value = [value] * 4
    assert refusals({**GOOD, "triggers": value}) == [
        "triggers: these are more than 100000 values; give a digest of it"
    ]


def test_no_more_than_twenty_problems_are_listed():
    assert len(refusals({**GOOD, "triggers": [math.nan] * 1000})) == 20


OTHERS = {
    "another name": "sites",
    "the computed server": "base_url",
    "an output": "job_id",
    "a capital": "Site_id",
    "a space": "site_id ",
    "camel case": "siteId",
    "an empty name": "",
}


@pytest.mark.parametrize("name", OTHERS.values(), ids=OTHERS)
def test_an_input_that_does_not_exist_is_refused(name):
    assert refusals({**GOOD, name: "hunter2!"}) == [f"{name.strip()}: there is no such input"]


def test_a_name_with_terminal_escapes_is_made_printable():
    assert refusals({**GOOD, "a\x1b]0;title\x07b": 1}) == ["ab: there is no such input"]


def test_no_input_at_all_is_refused():
    assert refusals({}) == ["site_id: this input is required"]


def test_all_that_is_wrong_is_told_at_once():
    assert refusals({"site_id": 0, "config_namespace": "", "triggers": 5, "b": 1}) == [
        SITE,
        FORM,
        KIND,
        "b: there is no such input",
    ]


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.binary()
    | st.decimals()
    | st.dates()
    | st.complex_numbers()
    | st.uuids()
    | st.sets(st.integers()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(st.characters()) | st.integers(), inner) | st.tuples(inner)
    ),
    max_leaves=30,
)


@given(st.dictionaries(st.sampled_from(["site_id", "triggers", "config_namespace"]) | st.text(), ODD))
def test_nothing_raises_and_every_reason_is_one_printable_line(news):
    for reason in refusals({name: value for name, value in news.items() if not name.startswith("__")}):
        assert reason.isprintable()
        assert ": " in reason


@given(ODD)
def test_what_passes_can_be_written_as_json(value):
    if refusals({**GOOD, "triggers": {"a": value}}) == []:
        assert json.loads(json.dumps(value, allow_nan=False).encode()) is not Ellipsis


def declare(site_id=910, triggers=None, config_namespace="nao", opts=None):
    return TrackingConfigPublication("warehouse", site_id, triggers, config_namespace, opts)


@pytest.mark.parametrize("site", SITES.values(), ids=SITES)
def test_the_program_ends_with_the_same_words_for_a_bad_site(site):
    with pytest.raises(pulumi.RunError) as caught:
        declare(site_id=site)
    assert str(caught.value) == f"warehouse: {SITE}"


@pytest.mark.parametrize(("value", "reason"), VALUES.values(), ids=VALUES)
def test_the_program_ends_with_the_same_words_for_a_bad_trigger(value, reason):
    with pytest.raises(pulumi.RunError) as caught:
        declare(triggers={"known": {"a": value}, "later": Unknown()})
    assert str(caught.value) == f"warehouse: triggers.known.a: {reason}"


@pytest.mark.parametrize(("namespace", "reason"), NAMESPACES.values(), ids=NAMESPACES)
def test_the_program_ends_with_the_same_words_for_a_bad_namespace(namespace, reason):
    with pytest.raises(pulumi.RunError) as caught:
        declare(config_namespace=namespace)
    assert str(caught.value) == f"warehouse: {reason}"


def test_the_program_is_told_all_that_is_wrong_at_once():
    with pytest.raises(pulumi.RunError) as caught:
        declare(0, 5, "")
    assert str(caught.value) == f"warehouse: {SITE}\nwarehouse: {FORM}\nwarehouse: {KIND}"


@pytest.mark.parametrize(
    "name", [None, "", 5, True, b"warehouse", ["warehouse"], pytest.param(object(), id="an object")], ids=repr
)
def test_a_resource_without_a_good_name_is_refused(name):
    with pytest.raises(pulumi.RunError, match=r"^resource_name: give the publication a name, such as 'warehouse'$"):
        TrackingConfigPublication(name, 910)


@pytest.mark.parametrize("text", TEXTS_OF_OUTPUTS.values(), ids=TEXTS_OF_OUTPUTS)
def test_an_output_in_the_text_of_a_name_is_refused(text):
    with pytest.raises(pulumi.RunError) as caught:
        TrackingConfigPublication(text, 910)
    assert str(caught.value) == (
        "resource_name: write it as plain text, such as 'warehouse'; "
        "an output is not known when the resource is declared"
    )


@pytest.mark.parametrize(
    "opts",
    [{}, {"protect": True}, "protect", 5, True, [], pytest.param(pulumi.InvokeOptions(), id="InvokeOptions")],
    ids=repr,
)
def test_options_of_another_kind_are_refused(opts):
    with pytest.raises(pulumi.RunError, match=r"^warehouse: opts: give pulumi\.ResourceOptions\(\.\.\.\)$"):
        declare(opts=opts)


@pytest.mark.parametrize("option", [{"id": "910"}, {"urn": "urn:pulumi:x"}, {"import_": "910"}], ids=repr)
def test_options_that_would_publish_nothing_are_refused(option):
    with pytest.raises(pulumi.RunError, match="the run would be green with nothing published"):
        declare(opts=pulumi.ResourceOptions(**option))


@pytest.mark.parametrize("words", [{"module": "acme"}, {"name": "Site"}], ids=repr)
def test_a_subclass_with_a_type_of_its_own_is_refused(words):
    with pytest.raises(pulumi.RunError, match=r"^Site: a subclass of TrackingConfigPublication keeps its type"):
        type("Site", (TrackingConfigPublication,), {}, **words)


@pytest.mark.skipif(
    "kwargs" not in inspect.signature(pulumi.dynamic.Resource.__init_subclass__).parameters,
    reason="this SDK takes no words for other bases",
)
def test_a_subclass_passes_on_what_other_bases_want_to_know():
    class Registered:
        def __init_subclass__(cls, colour="", **others):
            super().__init_subclass__(**others)
            cls.colour = colour

    class Site(TrackingConfigPublication, Registered, colour="red"):
        pass

    assert Site.colour == "red"


DURATION = "write a number with its unit, such as 90s, 30m or 1h30m"
RANGE = "a time-out is from 100ms to 168h"
TIMEOUTS = {
    "": DURATION,
    "5": DURATION,
    "-5m": DURATION,
    "1d": DURATION,
    "five minutes": DURATION,
    "５m": DURATION,
    "1e3s": DURATION,
    "inf": DURATION,
    "1h" * 100: DURATION,
    "0s": RANGE,
    "5ms": RANGE,
    "169h": RANGE,
    "5m ": DURATION,
    " 5m": DURATION,
    "5m\n": DURATION,
    "5 m": DURATION,
    ".5s": DURATION,
    "0": DURATION,
    "5us": DURATION,
    5: DURATION,
    True: DURATION,
    0.5: DURATION,
    b"5m": DURATION,
    dt.timedelta(minutes=5): DURATION,
}


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
@pytest.mark.parametrize(("timeout", "reason"), TIMEOUTS.items(), ids=lambda value: repr(value)[:20])
def test_a_time_out_of_the_resource_that_cannot_work_is_refused(operation, timeout, reason):
    with pytest.raises(pulumi.RunError) as caught:
        declare(opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(**{operation: timeout})))
    assert str(caught.value) == f"warehouse: custom_timeouts.{operation}: {reason}"


def test_a_time_out_of_an_operation_that_only_newer_sdks_know_is_checked_too():
    timeouts = pulumi.CustomTimeouts()
    timeouts.read = "5m "
    with pytest.raises(pulumi.RunError, match=r"^warehouse: custom_timeouts\.read: write a number with its unit"):
        declare(opts=pulumi.ResourceOptions(custom_timeouts=timeouts))


@pytest.mark.parametrize("timeouts", [{"create": "5m"}, {}, "5m", 300, dt.timedelta(minutes=5), ["5m"]], ids=repr)
def test_time_outs_of_another_kind_are_refused_with_the_kind_to_give(timeouts):
    with pytest.raises(pulumi.RunError) as caught:
        declare(opts=pulumi.ResourceOptions(custom_timeouts=timeouts))
    assert str(caught.value) == (
        "warehouse: custom_timeouts: give pulumi.CustomTimeouts, such as pulumi.CustomTimeouts(create='5m')"
    )


SECRET = "Hunter2-Hunter2"
BAD_WITH_SECRET = st.sampled_from(
    [SECRET, SECRET + "\ud800", SECRET.encode(), {SECRET}, [SECRET], {"x": SECRET}, ValueError(SECRET), [{SECRET}]]
)


@given(st.sampled_from(["site_id", "triggers", "config_namespace", "other"]), BAD_WITH_SECRET)
def test_no_reason_repeats_a_value(name, value):
    assert all(SECRET not in reason for reason in refusals({**GOOD, name: value}))
