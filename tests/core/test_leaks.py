"""The search for leaked secrets finds what it is there to find."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.leaks import leaks_in, leaks_in_files

SECRET = "k/0123+45=67&89"
FORMS = {
    "plain": SECRET,
    "in capitals": SECRET.upper(),
    "percent-encoded": quote(SECRET, safe=""),
    "percent-encoded twice": quote(quote(SECRET, safe=""), safe=""),
    "percent-encoded in full": "".join(f"%{ord(character):02x}" for character in SECRET),
    "JSON": json.dumps({"a": SECRET}),
    "JSON, escaped": "".join(f"\\u{ord(character):04x}" for character in SECRET),
    "HTML": SECRET.replace("&", "&amp;"),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(SECRET.encode()).decode(),
    "base64 as a password": base64.b64encode(f"user:{SECRET}".encode()).decode(),
    "base64 amid JSON": base64.b64encode(json.dumps([1, SECRET, 2]).encode()).decode(),
    "hexadecimal": SECRET.encode().hex(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_planted_secret_is_found(form):
    assert leaks_in(f"some words {form} more words", [SECRET]) != []


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_secret_planted_in_a_file_is_found(form, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "state.json").write_text(form)
    assert len(leaks_in_files(tmp_path, [SECRET])) == 1


def test_a_secret_in_the_name_of_a_file_is_found(tmp_path):
    (tmp_path / "k-0123456789").touch()
    assert len(leaks_in_files(tmp_path, ["k-0123456789"])) == 1


def test_a_finding_does_not_repeat_the_secret():
    assert leaks_in(SECRET, [SECRET]) == ["secret 1, as it is"]


def test_a_file_that_is_meant_to_hold_it_is_passed_over(tmp_path):
    (tmp_path / "netrc").write_text(SECRET)
    assert leaks_in_files(tmp_path, [SECRET], meant=[tmp_path / "netrc"]) == []


@given(st.text(max_size=200))
def test_other_text_holds_none(text):
    assert leaks_in(text, [SECRET]) == []


NAMED = [
    f"inject(SECRET); {statement}"
    for statement in (
        "print(SECRET)",
        "print(SECRET, file=sys.stderr)",
        "os.write(2, SECRET.encode())",
        "logging.getLogger('x').warning('%s', SECRET)",
        "subprocess.run([sys.executable, '-c', f'print({SECRET!r})'], check=True)",
        "(tmp_path / 'file').write_text(SECRET)",
        "print(base64.b64encode(SECRET.encode()))",
        "subprocess.run([sys.executable, '-c', f'print({SECRET!r})'], check=True, capture_output=True)",
        "(shared := tmp_path_factory.mktemp('shared')).joinpath('file').write_text(SECRET); searched(shared)",
        "searched(tmp_path, f'a shared run said {SECRET}')",
    )
]
USED = [
    f"{use}; print(SECRET)"
    for use in (
        "NaoClient(SECRET)",
        "Simulator().add_key(SECRET)",
        "subprocess.run([sys.executable, '-c', ''], env={**os.environ, 'NAO_EU_API_KEY': SECRET}, check=True)",
    )
]
HARMLESS = "inject(SECRET); print('nothing')"
PLANTED = [*NAMED, *USED, HARMLESS]
TESTS = """
import base64, logging, os, subprocess, sys
from pulumi_nao import NaoClient
from pulumi_nao.simulator import Simulator
SECRET = "-".join(["k", "0123456789", "planted"])
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What pytest says of a test of each statement: the reason why it failed, or nothing."""
    folder = tmp_path_factory.mktemp("planted")
    tests = "".join(
        f"def test_{number}(inject, searched, tmp_path, tmp_path_factory):\n    {statement}\n"
        for number, statement in enumerate(PLANTED)
    )
    (folder / "test_planted.py").write_text(TESTS + tests)
    options = ["-p", "tests.conftest", "-p", "no:randomly", "-p", "no:cacheprovider", "--junit-xml=report.xml"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        check=False,
    )
    cases = ET.parse(folder / "report.xml").iter("testcase")  # noqa: S314 - pytest wrote it
    reasons = ["".join(error.text or "" for error in case.iter("error")) for case in cases]
    return dict(zip(PLANTED, reasons, strict=True))


@pytest.mark.parametrize("statement", NAMED)
def test_a_test_that_writes_a_secret_fails(found, statement):
    assert "a secret was written: " in found[statement]


@pytest.mark.parametrize("statement", USED)
def test_a_key_that_a_test_uses_is_looked_for_without_being_named(found, statement):
    assert "a secret was written: " in found[statement]


def test_a_test_that_writes_none_passes(found):
    assert found[HARMLESS] == ""
