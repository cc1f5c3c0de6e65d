import base64
import json
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nao.cli.examination import expiry_of, is_jwt


def encoded(part):
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def jwt(claims, header=None):
    return f"{encoded(header or {'alg': 'HS256'})}.{encoded(claims)}.c2ln"


def test_a_jwt_is_known_by_its_form():
    assert is_jwt(jwt({"sub": "1"}))


@pytest.mark.parametrize(
    "key", ["", "abc", "a.b.c", "..", "v1.2.3", jwt({}) + ".more", jwt([1]), jwt({}, header=[1])]
)
def test_other_keys_are_no_jwt(key):
    assert not is_jwt(key)
    assert expiry_of(key) is None


def test_a_jwt_tells_when_it_expires():
    assert expiry_of(jwt({"exp": 1767225600})) == datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize("end", [None, True, "soon", 1e300, -1e300, float("inf"), float("nan"), [1], {}])
def test_an_end_that_makes_no_sense_is_none(end):
    assert expiry_of(jwt({"exp": end})) is None


@given(st.text())
def test_any_text_can_be_asked(text):
    assert expiry_of(text) is None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_claim_can_be_asked(end):
    assert expiry_of(jwt({"exp": end})) is None or isinstance(end, (int, float))
