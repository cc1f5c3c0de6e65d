"""What SECURITY.md promises is held by tests that exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "SECURITY.md"


def test_every_promise_names_a_test_that_exists():
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ") and "`test_" in line]
    named = re.findall(r"`(test_\w+)`", PAGE.read_text())
    tests = "".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(rows) == 19
    assert [name for name in named if f"def {name}(" not in tests] == []
