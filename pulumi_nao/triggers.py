"""Triggers: any plain value; what may be one, and when two are the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeGuard

# Numbers travel to the provider as doubles: above this, two integers can arrive as one.
LARGEST_INTEGER = 2**53


def same(first: object, second: object) -> bool:
    """Tell whether two triggers are equal in value.

    5 and 5.0 are equal, the order of keys is no content, and a `None` in a mapping counts as absent.

    Args:
        first: Triggers.
        second: Other triggers.
    """
    return _comparable(first) == _comparable(second)


def problems(value: object, path: str = "triggers", *, pass_over: type | None = None) -> list[str]:
    """List what is in the triggers that cannot be compared reliably, each with its place, never with its value.

    Args:
        value: The triggers, or a part of them.
        path: Where the part stands.
        pass_over: A type of values that are not known yet.
    """
    if isinstance(value, Mapping):
        parts = [(f"{path}.{key}", item) for key, item in value.items()]
    elif _is_list(value):
        parts = [(f"{path}[{place}]", item) for place, item in enumerate(value)]
    elif pass_over is not None and isinstance(value, pass_over):
        return []
    else:
        problem = _problem(value)
        return [f"{path}: {problem}"] if problem else []
    return [problem for where, item in parts for problem in problems(item, where, pass_over=pass_over)]


def _problem(value: object) -> str:
    if value is None or isinstance(value, (bool, str)):
        return ""
    if not isinstance(value, (int, float)):
        return f"a {type(value).__name__} cannot be a trigger; for files, use content_digest"
    if not math.isfinite(value):
        return "this is not a finite number, so it would be a change at every run"
    if abs(value) >= LARGEST_INTEGER:
        return "integers of 2**53 and over lose digits on their way; write it as text"
    return ""


def _comparable(value: object) -> object:
    if isinstance(value, Mapping):
        items = {str(key): _comparable(item) for key, item in value.items() if item is not None}
        return ("mapping", items)
    if _is_list(value):
        return ("list", [_comparable(item) for item in value])
    return (isinstance(value, bool), value)


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))
