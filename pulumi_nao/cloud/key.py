"""Keys: what one looks like that can be sent, and what errors say of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pulumi_nao.text import SHORTEST_SECRET

_LONGEST = 8192  # servers commonly refuse longer headers
_PROBLEMS = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), words)
    for pattern, words in (
        (r"\s*\Z", "it is empty"),
        (r"\s|.*\s\Z", "it begins or ends with white space, such as a line break"),
        (r"(?:bearer|basic|token|authorization)(?:[\s:=]|\Z)", "it begins with `Bearer` or the like"),
        (r"[\"'`]", "it stands in quotes"),
        (r".*[^!-~]", "it contains a character that no key has (a space, a line break, a letter outside ASCII)"),
        (rf".{{0,{SHORTEST_SECRET - 1}}}\Z", f"it has fewer than {SHORTEST_SECRET} characters"),
        (rf".{{{_LONGEST + 1}}}", f"it has more than {_LONGEST} characters"),
    )
)


def key_advice(opening: str = "The key to use is") -> tuple[str, ...]:
    return (
        (
            f"{opening} the account's (auth_token on the user's My Profile page) or a JWT, bare: no `Bearer`, no "
            "line break at its end."
        ),
        "A site's API key (Developers > API Keys) is another kind. A JWT lasts about 24 hours.",
    )


@dataclass(frozen=True, repr=False)
class ApiKey:
    """An API key or JWT of an account, and what errors say of it: where it comes from, and what to do about it."""

    value: str
    origin: str = "the argument api_key"
    advice: tuple[str, ...] = key_advice()

    def __repr__(self) -> str:
        return f"ApiKey({self.origin!r})"


def key_problem(api_key: object) -> str:
    """Say what makes a key unusable, without repeating any of it; an empty text for a key that may be sent."""
    if not isinstance(api_key, str):
        return "it is no text"
    found = next((words for pattern, words in _PROBLEMS if pattern.match(api_key)), "")
    return f"{found}; NAO Cloud wants the bare token" if found else ""
