"""Text that is safe and pleasant to print: server words, secrets, durations."""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from datetime import timezone
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REDACTED = "[redacted]"
LONGEST_TEXT = 500

# A whole escape sequence goes at once: taking out only its first character would leave "[31m" behind.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC: window titles, hyperlinks
    r"|\x1b[@-Z\\-_]",
    re.DOTALL,
)
_SHORTEST_SECRET = 4

_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)", re.ASCII)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in the text, also where it is percent- or base64-encoded.

    Args:
        text: What is about to be stored or printed.
        secrets: The values that must not appear. Values of fewer than four characters are passed over:
            they would blank out ordinary words.
    """
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            for form in _forms(secret):
                text = text.replace(form, REDACTED)
    return text


def printable(text: str, secrets: Iterable[str] = ()) -> str:
    """Make a stranger's text fit for one line of a terminal, a log or the state.

    Args:
        text: Words of a server.
        secrets: Values to redact; see `redact`.

    Returns:
        The text without control characters and terminal escapes, white space folded, secrets redacted,
        at most 500 characters long.
    """
    text = redact(text, secrets)
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    text = redact(" ".join(text.split()), secrets)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def parse_duration(text: str) -> float:
    """Read a duration such as `90s`, `30m` or `1h30m`.

    Args:
        text: Numbers, each with its unit: `h`, `m`, `s` or `ms`. These are the units of Pulumi's own
            `custom_timeouts`.

    Returns:
        Seconds.

    Raises:
        ValueError: The text is something else.
    """
    text = text.strip()
    if not _DURATION.fullmatch(text):
        raise ValueError("write a number with its unit, such as 90s, 30m or 1h30m")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def format_duration(seconds: float) -> str:
    """Write seconds as people say them: `21.2 s`, `30 min`, `1 h 30 min`.

    Args:
        seconds: How long.
    """
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def format_moment(moment: datetime | None) -> str | None:
    """Write a moment in UTC, ISO 8601, with milliseconds: `2026-01-31T03:00:00.123Z`.

    Args:
        moment: With a time zone; `None` stays `None`.
    """
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _forms(secret: str) -> list[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    encoded = {
        json.dumps(secret)[1:-1],
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
    }
    return sorted({secret, *encoded}, key=len, reverse=True)
