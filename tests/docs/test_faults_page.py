"""The tables of faults say what the matrix tests."""

from tests.faults.page import PAGE, with_tables
from tests.faults.rows import ROWS


def test_the_tables_of_the_page_are_the_matrix():
    written = PAGE.read_text(encoding="utf-8")
    assert written == with_tables(written), "write them again with `python -m tests.faults.page`"
    assert written.count("\n| `") == len(ROWS)
