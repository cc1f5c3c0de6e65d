"""JSON on its way out and back: what is sent for a value, and what a pointer finds in an answer."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nao.values import POINTER, encoded, is_too_large, pointed_at, same
from tests.core.test_words import PLAIN, as_sent

# The document and the pointers of RFC 6901, section 5, and what lies beside them.
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "none": None,
    "~1": 9,
    "deep": {"er": [{"x": False}]},
    "0": "a name",
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/~01", 9),
        ("/0", "a name"),
        ("/deep/er/0/x", False),
        ("/none", None),
        ("/none/x", None),
        ("/nothing", None),
        ("/foo/2", None),
        ("/foo/-", None),
        ("/foo/-1", None),
        ("/foo/00", None),
        ("/foo/01", None),
        ("/foo/1e0", None),
        ("/foo/\u0661", None),
        ("/foo/9999999999", None),
        ("/foo/bar", None),
        ("/foo/0/0", None),
        ("/a~1b/0", None),
    ],
)
def test_a_pointer_leads_where_the_standard_says_or_nowhere(pointer, value):
    assert POINTER.fullmatch(pointer)
    assert pointed_at(DOCUMENT, pointer) == value


@pytest.mark.parametrize("document", [None, 5, "text", True, []])
def test_a_pointer_finds_nothing_in_what_has_no_parts(document):
    assert pointed_at(document, "/data") is None
    assert pointed_at(document, "") == document


@pytest.mark.parametrize("pointer", ["data", "data/id", "#/data", "/~", "/~2", "/a~", "/\ud800", "$.data", " /data"])
def test_what_is_no_pointer(pointer):
    assert not POINTER.fullmatch(pointer)


def parts_of(value, pointer=""):
    """Each part of a document, with its pointer."""
    yield pointer, value
    named = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in named:
        yield from parts_of(item, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")


@given(PLAIN)
def test_every_part_of_any_document_is_found_by_its_pointer(document):
    for pointer, part in parts_of(document):
        assert POINTER.fullmatch(pointer)
        assert pointed_at(document, pointer) is part


@given(PLAIN)
def test_what_is_sent_is_the_value_also_when_it_came_through_pulumi(value):
    sent = encoded(value)
    assert same(json.loads(sent), value)
    assert same(json.loads(encoded(as_sent(value))), value)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({}, b"{}"),
        ([], b"[]"),
        ({"n": 5.0}, b'{"n":5}'),
        ({"n": [5.0, -0.0, 2.0**52, 0.5, True]}, b'{"n":[5,0,4503599627370496,0.5,true]}'),
        ({"b": 1, "a": (None, "x")}, b'{"b":1,"a":[null,"x"]}'),
        ({"größe": "Übergröße"}, '{"größe":"Übergröße"}'.encode()),
        ({"a": 'q"\\\n\x00\u2028'}, b'{"a":"q\\"\\\\\\n\\u0000\xe2\x80\xa8"}'),
    ],
    ids=repr,
)
def test_the_bytes_that_are_sent(value, sent):
    assert encoded(value) == sent


@pytest.mark.parametrize(
    ("value", "too_large"),
    [
        (["x" * (1024 * 1024 - 4)], False),
        (["x" * (1024 * 1024 - 3)], True),
        (["ü" * (512 * 1024 - 2)], False),
        (["ü" * (512 * 1024 - 1)], True),
        ([object()], False),
    ],
    ids=["1 MiB", "a byte more", "1 MiB of UTF-8", "two bytes more", "not known yet"],
)
def test_a_body_is_at_most_one_mib_as_it_is_sent(value, too_large):
    assert is_too_large(value) is too_large


@given(st.recursive(st.floats() | st.text(st.characters()), st.lists))
def test_what_json_does_not_know_is_never_sent(value):
    try:
        sent = encoded(value)
    except ValueError:
        return
    json.loads(sent, parse_constant=pytest.fail)
