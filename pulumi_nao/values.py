"""Triggers: any plain value; what may be one, and when two are the same."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pulumi_nao.text import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Numbers travel to the provider as doubles: above this, two integers can arrive as one.
LARGEST_INTEGER = 2**53
# Each level of a trigger is up to three levels of a message, of which readers take no more than a hundred.
DEEPEST = 24
LONGEST_TEXT = 1_000_000
MOST_VALUES = 100_000
MOST_PROBLEMS = 20

_LISTS = (list, tuple)
# What Pulumi's own wire format keeps for secrets, assets and the like, and for values not known yet.
_PULUMI_MARK = "4dabf18193072939515e22adb298388d"
_PULUMI_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# What Python and Pulumi's SDK put into a text for an output: the first is the same for every value, so that no
# change would be one, the second is another in every run.
_OUTPUT_IN_TEXT = re.compile(r"calling __str__ on an output| object at 0x[0-9a-f]+>", re.IGNORECASE)
OUTPUT_IN_TEXT = (
    "this text was made from an output or a resource, and does not hold its value; give the output itself, "
    "or write pulumi.Output.concat(...) or output.apply(...)"
)


def same(first: object, second: object) -> bool:
    """Tell whether two triggers are equal in value.

    5 and 5.0 are equal, the order of keys is no content, and a `None` in a mapping counts as absent.

    Args:
        first: Triggers.
        second: Other triggers.
    """
    return _comparable(first) == _comparable(second)


def holds_output(text: object) -> bool:
    """Tell whether an output of Pulumi was put into a text, as with `f"{output}"`: its value is not in there.

    Args:
        text: A text of the program; anything else holds none.
    """
    return isinstance(text, str) and _OUTPUT_IN_TEXT.search(text) is not None


def trigger_problems(value: object, not_known_yet: tuple[type, ...] = ()) -> list[str]:
    """List what is in triggers that cannot be kept or compared reliably, each with its place, never with its value.

    Args:
        value: The triggers.
        not_known_yet: Types of values to pass over.
    """
    if not isinstance(value, (Mapping, *_LISTS, *not_known_yet)):
        return ["triggers: give a mapping or a list, such as {'zones': content_digest(...)}"]
    found = []
    for count, problem in enumerate(_walk(value, "triggers", DEEPEST, not_known_yet)):
        if problem:
            found.append(problem)
        if count == MOST_VALUES:
            found.append(f"triggers: these are more than {MOST_VALUES} values; give a digest of them")
        if count == MOST_VALUES or len(found) == MOST_PROBLEMS:
            break
    return found


def _walk(value: object, path: str, levels: int, not_known_yet: tuple[type, ...]) -> Iterator[str]:
    """Go through all parts: a problem for each that has one, an empty text for each that has none."""
    if isinstance(value, not_known_yet):
        yield ""
    elif not isinstance(value, (Mapping, *_LISTS)):
        problem = _problem(value)
        yield f"{path}: {problem}" if problem else ""
    elif not levels:
        yield f"{path}: this is nested deeper than {DEEPEST} levels, or contains itself; give a digest of it"
    elif isinstance(value, Mapping):
        yield ""
        for key, item in value.items():
            where = f"{path}.{name_of(key)}" if isinstance(key, str) else path
            problem = _problem_of_key(key)
            if problem:
                yield f"{where}: {problem}"
            else:
                yield from _walk(item, where, levels - 1, not_known_yet)
    else:
        yield ""
        for place, item in enumerate(value):
            yield from _walk(item, f"{path}[{place}]", levels - 1, not_known_yet)


def _problem_of_key(key: object) -> str:
    if not isinstance(key, str):
        return f"the keys of a mapping are text, and this is a value of type {name_of(type(key).__name__)}"
    if key == _PULUMI_MARK:
        return "this key has a meaning of its own in Pulumi"
    return _problem_of_text(key)


def _problem_of_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return f"this text is longer than {LONGEST_TEXT} characters; give a digest of it"
    if text == _PULUMI_UNKNOWN:
        return "this text has a meaning of its own in Pulumi"
    if holds_output(text):
        return OUTPUT_IN_TEXT
    try:
        text.encode()
    except UnicodeEncodeError:
        return "this text holds half of a surrogate pair, which cannot be sent"
    return ""


def _problem(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _problem_of_text(value)
    if not isinstance(value, (int, float)):
        kind = name_of(type(value).__name__)
        return f"a value of type {kind} cannot be a trigger; for files, use content_digest"
    if isinstance(value, float) and not math.isfinite(value):
        return "this is not a finite number, so it would be a change at every run"
    if abs(value) >= LARGEST_INTEGER:
        return "integers of 2**53 and over lose digits on their way; write it as text"
    return ""


def _comparable(value: object) -> object:
    if isinstance(value, Mapping):
        items = {str(key): _comparable(item) for key, item in value.items() if item is not None}
        return ("mapping", items)
    if isinstance(value, _LISTS):
        return ("list", [_comparable(item) for item in value])
    return (isinstance(value, bool), value)
