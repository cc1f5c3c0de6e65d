"""Arguments that make no sense are refused here."""

from __future__ import annotations

from pulumi_nao.cloud.address import is_loopback


def checked_id(value: int, name: str) -> int:
    """Return a site's or job's number as it is."""
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    return value


def checked_seconds(value: float) -> float:
    """Return a job's length as it is."""
    if not value >= 0:
        raise ValueError(f"job_seconds must be 0 or more, not {value!r}")
    return value


def checked_key(key: str) -> str:
    """Return a key as it is."""
    if not key or not all("!" <= character <= "~" for character in key):
        raise ValueError("a key must be printable ASCII without spaces, and not empty")
    return key


def checked_host(host: str) -> str:
    """Return a host as it is."""
    if not is_loopback(host):
        raise ValueError(f"the simulator listens on loopback only (127.0.0.1, ::1, localhost), not on {host!r}")
    return host
