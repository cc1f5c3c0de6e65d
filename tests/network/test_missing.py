"""What becomes of this tier where one of its pieces is missing."""

import pytest

from tests.missing import leave_out


def test_in_ci_a_missing_piece_fails(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="there is no nginx"):
        leave_out("there is no nginx")


def test_elsewhere_a_missing_piece_is_skipped_with_the_way_to_get_it(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="there is no nginx"):
        leave_out("there is no nginx")
