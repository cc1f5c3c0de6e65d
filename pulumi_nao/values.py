"""Plain values, as triggers and bodies are: what may be one, and when two are the same."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_nao.text import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Numbers travel to the provider as doubles: above this, two integers can arrive as one.
LARGEST_INTEGER = 2**53
# Each level of a trigger is up to three levels of a message, of which readers take no more than a hundred.
DEEPEST = 24
LONGEST_TEXT = 1_000_000
MOST_VALUES = 100_000
MOST_PROBLEMS = 20
_LARGEST_BODY = 1024 * 1024

_LISTS = (list, tuple)
POINTER = re.compile(r"(?:/(?:[^/~\ud800-\udfff]|~[01])*)*")  # without what cannot be sent
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
# What Pulumi's own wire format keeps for secrets, assets and the like, and for values not known yet.
PULUMI_MARK = "4dabf18193072939515e22adb298388d"
PULUMI_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# What Pulumi's SDKs and Python put into a text for an output: the first is the same for every value, so that no
# change would be one, the second is another in every run.
_OUTPUT_IN_TEXT = re.compile(
    r"calling (?:__str__|\[?to(?:string|json)\]?) on an \[?output| object at 0x[0-9a-f]+>", re.IGNORECASE
)
OUTPUT_IN_TEXT = (
    "this text was made from an output or a resource, and does not hold its value; give the output itself, "
    "or write pulumi.Output.concat(...) or output.apply(...)"
)
TOO_LARGE = "body: this is more than 1 MiB as JSON; send it in parts"


def same(first: object, second: object) -> bool:
    """Compare: 5 and 5.0 are equal, the order of keys is no content, and a `None` in a mapping counts as absent."""
    return _comparable(first) == _comparable(second)


def holds_output(text: object) -> bool:
    """Tell whether an output of Pulumi was put into a text, as with `f"{output}"`: its value is not in there."""
    return isinstance(text, str) and _OUTPUT_IN_TEXT.search(text) is not None


@dataclass(frozen=True)
class Rules:
    """What is said of a plain value of an input that breaks the rules, which are the same for all."""

    name: str
    example: str
    too_much: str
    other_type: str
    takes_none: bool = True  # in a mapping, where Pulumi loses it
    output_in_text: str = OUTPUT_IN_TEXT


TRIGGERS = Rules(
    "triggers",
    "give a mapping or a list, such as {'zones': content_digest(...)}",
    "give a digest of it",
    "cannot be a trigger; for files, use content_digest",
)
BODY = Rules(
    "body",
    "give a mapping or a list, such as {'data': [...]}, or leave it out",
    "send it in parts",
    "cannot be sent as JSON",
    takes_none=False,
)
# What Pulumi would not keep as it is, such as an integer of more than 2**53, is no result.
ANSWER = Rules("answer", "", "", "")


def value_problems(rules: Rules, value: object, not_known_yet: tuple[type, ...] = ()) -> list[str]:
    """List what cannot be kept or compared reliably, each with its place, never with its value.

    Values of the types that are not known yet are passed over.
    """
    if not isinstance(value, (Mapping, *_LISTS, *not_known_yet)):
        return [f"{rules.name}: {rules.example}"]
    found = []
    for count, problem in enumerate(_walk(rules, value, rules.name, DEEPEST, not_known_yet)):
        if problem:
            found.append(problem)
        if count == MOST_VALUES:
            found.append(f"{rules.name}: these are more than {MOST_VALUES} values; {rules.too_much}")
        if count == MOST_VALUES or len(found) == MOST_PROBLEMS:
            break
    return found


def encoded(value: object) -> bytes:
    """A value as JSON, as it is sent."""
    return json.dumps(whole_numbers(value), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def digest_of(value: object) -> str:
    """A digest that is the same on both sides of Pulumi's wire; of a value without problems."""
    written = json.dumps(whole_numbers(value), sort_keys=True)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def is_too_large(value: object) -> bool:
    """Tell whether a value is more than 1 MiB as JSON; of one that is not known yet, nobody can."""
    try:
        return len(encoded(value)) > _LARGEST_BODY
    except TypeError:
        return False


def pointed_at(document: object, pointer: str) -> object:
    """What a JSON pointer (RFC 6901) leads to; `None` where there is nothing."""
    for escaped in pointer.split("/")[1:]:
        name = escaped.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(name)
        elif isinstance(document, list) and _INDEX.fullmatch(name) and int(name) < len(document):
            document = document[int(name)]
        else:
            return None
    return document


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - of any plain type
    """The same with all its parts changed."""
    if isinstance(value, Mapping):
        return {key: mapped(item, change) for key, item in value.items()}
    if isinstance(value, _LISTS):
        return [mapped(item, change) for item in value]
    return change(value)


def whole_numbers(value: Any) -> Any:  # noqa: ANN401 - of any plain type
    """The same with whole floats as integers: on its way through Pulumi each number becomes a float."""
    return mapped(value, lambda part: int(part) if isinstance(part, float) and part.is_integer() else part)


def _walk(rules: Rules, value: object, path: str, levels: int, not_known_yet: tuple[type, ...]) -> Iterator[str]:
    """A problem for each part that has one, an empty text for each that has none."""
    if isinstance(value, not_known_yet):
        yield ""
    elif not isinstance(value, (Mapping, *_LISTS)):
        problem = _problem(rules, value)
        yield f"{path}: {problem}" if problem else ""
    elif not levels:
        yield f"{path}: this is nested deeper than {DEEPEST} levels, or contains itself; {rules.too_much}"
    elif isinstance(value, Mapping):
        yield ""
        for key, item in value.items():
            where = f"{path}.{name_of(key)}" if isinstance(key, str) else path
            problem = _problem_of_key(rules, key)
            if not problem and item is None and not rules.takes_none:
                problem = "Pulumi loses a None in a mapping; leave this name out"
            if problem:
                yield f"{where}: {problem}"
            else:
                yield from _walk(rules, item, where, levels - 1, not_known_yet)
    else:
        yield ""
        for place, item in enumerate(value):
            yield from _walk(rules, item, f"{path}[{place}]", levels - 1, not_known_yet)


def _problem_of_key(rules: Rules, key: object) -> str:
    if not isinstance(key, str):
        return f"the keys of a mapping are text, and this is a value of type {name_of(type(key).__name__)}"
    if key == PULUMI_MARK:
        return "this key has a meaning of its own in Pulumi"
    return _problem_of_text(rules, key)


def _problem_of_text(rules: Rules, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        return f"this text is longer than {LONGEST_TEXT} characters; {rules.too_much}"
    if text == PULUMI_UNKNOWN:
        return "this text has a meaning of its own in Pulumi"
    if holds_output(text):
        return rules.output_in_text
    try:
        text.encode()
    except UnicodeEncodeError:
        return "this text holds half of a surrogate pair, which cannot be sent"
    return ""


def _problem(rules: Rules, value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        return _problem_of_text(rules, value)
    if not isinstance(value, (int, float)):
        kind = name_of(type(value).__name__)
        return f"a value of type {kind} {rules.other_type}"
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
