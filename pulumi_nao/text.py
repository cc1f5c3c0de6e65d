"""Text that is safe and pleasant to print: server words, secrets, durations."""

from __future__ import annotations

import base64
import re
import unicodedata
from datetime import timezone
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

REDACTED = "[redacted]"
LONGEST_TEXT = 500
LONGEST_NAME = 60
SHORTEST_SECRET = 8  # shorter ones would blank out ordinary words; no key is as short

# A whole escape sequence goes at once: taking out only its first character would leave "[31m" behind.
_ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor movements
    r"|(?:\x1b\]|\x9d).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC: window titles, hyperlinks
    r"|\x1b[@-Z\\-_]",
    re.DOTALL,
)
# JSON within JSON, four times over. With no limit, a long row of them would be searched from each one to its end.
_BACKSLASHES = r"\\{1,16}"
_HTML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}

SHORTEST_TIMEOUT = 0.1  # less is a slip of the pen: it would publish and not wait
LONGEST_TIMEOUT = 7 * 24 * 3600.0

_HOW_TO_WRITE_DURATIONS = "write a number with its unit, such as 90s, 30m or 1h30m"
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|h|m|s))+", re.ASCII)
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s)", re.ASCII)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace each secret in the text, in upper or lower case, also where it is encoded.

    Known encodings: percent, JSON, HTML, hexadecimal, and base64 with anything before and after the secret.
    Secrets of fewer than eight characters are passed over: they would blank out ordinary words. No such key is sent.
    """
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = _forms(secret).sub(REDACTED, text)
    return text


def printable(text: str, secrets: Iterable[str] = ()) -> str:
    """Make a stranger's text fit for one line of a terminal, a log or the state, of at most 500 characters."""
    text = redact(text, secrets)
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character)[0] != "C"
    )
    text = redact(" ".join(text.split()), secrets)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def name_of(name: str) -> str:
    """Write a name that a program has chosen, such as a key, so that it fits into a line."""
    text = printable(name)
    return text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"


def parse_duration(text: str) -> float:
    """Read a duration such as `90s`, `30m` or `1h30m` as Pulumi's engine does, in seconds, or raise `ValueError`."""
    if not _DURATION.fullmatch(text):
        raise ValueError(_HOW_TO_WRITE_DURATIONS)
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))


def parse_timeout(text: object) -> float:
    """Read a duration that is meant as a time-out; `ValueError` does not repeat what it was."""
    if not isinstance(text, str) or len(text) > LONGEST_NAME:
        raise ValueError(_HOW_TO_WRITE_DURATIONS)
    seconds = parse_duration(text)
    if not SHORTEST_TIMEOUT <= seconds <= LONGEST_TIMEOUT:
        raise ValueError("a time-out is from 100ms to 168h")
    return seconds


def format_duration(seconds: float) -> str:
    """Write seconds as people say them: `21.2 s`, `30 min`, `1 h 30 min`."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def format_moment(moment: datetime | None) -> str | None:
    """Write a moment in UTC, ISO 8601, with milliseconds: `2026-01-31T03:00:00.123Z`."""
    if moment is None:
        return None
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=32)
def _forms(secret: str) -> re.Pattern[str]:
    """Match a secret in all forms in which a server may send it back."""
    raw = secret.encode("utf-8", "surrogatepass")
    forms = ["".join(_row_forms(character, len(list(row))) for character, row in groupby(secret)), raw.hex()]
    if not secret.isascii():
        forms.append("".join(f"%(?:25)*{byte:02x}" for byte in raw))
    forms += [re.escape(form).replace(r"\+", r"[+\-]").replace("/", "[/_]") for form in _base64_forms(raw)]
    return re.compile("|".join(forms), re.IGNORECASE)


def _row_forms(character: str, times: int) -> str:
    encoded = _character_forms(character)
    if character != "\\":
        return encoded * times
    # However many there are of them, it is tried once: from the first one, with no thought of which stands for which.
    return rf"(?:(?<!\\)\\{{{times},}}|{encoded}{{{times}}})"


def _character_forms(character: str) -> str:
    code = ord(character)
    forms = [rf"{_BACKSLASHES}u{code:04x}", rf"&\#0*{code};", f"&\\#x0*{code:x};"]
    if character != "\\":
        forms.append(re.escape(character))
    if character.isascii():
        forms.append(f"%(?:25)*{code:02x}")
    if character in _HTML_NAMES:
        forms.append(f"&{_HTML_NAMES[character]};")
    if character in '"/':
        forms.append(_BACKSLASHES + re.escape(character))
    return f"(?:{'|'.join(forms)})"


def _base64_forms(raw: bytes) -> list[str]:
    """The bytes alone in base64, and what every base64 text contains that holds them at one of three places."""
    forms = [base64.b64encode(raw).decode().rstrip("=")]
    for before in range(3):
        text = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        # The first and the last characters depend on the neighbours too.
        whole = len(text) if (before + len(raw)) % 3 == 0 else len(text) - 1
        forms.append(text[(0, 2, 3)[before] : whole])
    return forms
