"""The tables of faults say what the matrix tests, and faults that pages name exist."""

import re
from pathlib import Path

from pulumi_nao.simulator.injections import parse_injection
from tests.faults.page import PAGE, with_tables
from tests.faults.rows import ROWS


def test_the_tables_of_the_page_are_the_matrix():
    written = PAGE.read_text(encoding="utf-8")
    assert written == with_tables(written), "write them again with `python -m tests.faults.page`"
    assert written.count("\n| `") == len(ROWS)


def test_every_fault_that_a_page_gives_to_the_simulator_is_one():
    root = Path(__file__).resolve().parents[2]
    pages = [root / "README.md", root / "CHANGELOG.md", *(root / "sdk-docs").rglob("*.md")]
    named = [text for page in pages for text in re.findall(r"--fault ([^ `]+)", page.read_text(encoding="utf-8"))]
    assert len(named) >= 10
    for text in named:
        parse_injection(text)
