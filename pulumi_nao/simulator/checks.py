"""Arguments that make no sense are refused here."""

from __future__ import annotations

from pulumi_nao.cloud.address import is_loopback


def checked_id(value: int, name: str) -> int:
    """Return a site's or job's number as it is.

    Args:
        value: The number.
        name: What it is, for the error.

    Raises:
        ValueError: It is not a whole number above zero.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError(f"{name} must be a whole number above 0, not {value!r}")
    return value


def checked_seconds(value: float) -> float:
    """Return a job's length as it is.

    Args:
        value: Seconds; infinity is fine.

    Raises:
        ValueError: It is negative or no number.
    """
    if not value >= 0:
        raise ValueError(f"job_seconds must be 0 or more, not {value!r}")
    return value


def checked_key(key: str) -> str:
    """Return a key as it is.

    Args:
        key: What is to travel in the `Authorization` header.

    Raises:
        ValueError: It is empty or holds anything but printable ASCII without spaces.
    """
    if not key or not all("!" <= character <= "~" for character in key):
        raise ValueError("a key must be printable ASCII without spaces, and not empty")
    return key


def checked_host(host: str) -> str:
    """Return a host as it is.

    Args:
        host: Where to listen.

    Raises:
        ValueError: It is neither a loopback address nor `localhost`.
    """
    if not is_loopback(host):
        raise ValueError(f"the simulator listens on loopback only (127.0.0.1, ::1, localhost), not on {host!r}")
    return host
