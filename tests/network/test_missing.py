"""What becomes of this tier where one of its pieces is missing."""

import pytest

from tests.missing import leave_out
from tests.network import toxiproxy


def test_in_ci_a_missing_piece_fails(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="there is no nginx"):
        leave_out("there is no nginx")


def test_elsewhere_a_missing_piece_is_skipped_with_the_way_to_get_it(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="there is no nginx"):
        leave_out("there is no nginx")


def test_without_go_it_is_said_what_toxiproxy_needs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_NAO_CACHE", str(tmp_path))
    executable, said = toxiproxy.find_toxiproxy()
    assert executable == ""
    assert "there is no `go` on PATH" in said
    assert "Toxiproxy is built with Go 1.23.0 or newer (https://go.dev/dl/)" in said
