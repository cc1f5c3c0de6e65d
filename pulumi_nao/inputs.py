"""The program's words: each input brought to one form, or refused with its path and never with its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from pulumi_nao.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.triggers import LARGEST_INTEGER, problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH_SEPARATOR = ": "


def _site_id(value: Any) -> Any:  # noqa: ANN401 - a program may give anything
    if pulumi.contains_unknowns(value):
        return value
    number = value
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number) if len(number) < len(str(LARGEST_INTEGER)) else LARGEST_INTEGER
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < LARGEST_INTEGER:
        raise PydanticCustomError("site_id", "write the site's number, such as 910: a whole number above 0")
    return number


def _namespace(value: Any) -> Any:  # noqa: ANN401 - as above
    problem = namespace_problem(value)
    if problem:
        raise PydanticCustomError("namespace", "{problem}", {"problem": problem})
    return value


def _triggers(value: Any) -> Any:  # noqa: ANN401 - as above
    if pulumi.contains_unknowns(value) and not isinstance(value, (dict, list)):
        return value
    if not isinstance(value, (dict, list)):
        raise PydanticCustomError("triggers", "give a mapping or a list, such as {'zones': content_digest(...)}")
    return value


class _Inputs(BaseModel):
    """What a program gives; the engine leaves out what is `None`."""

    model_config = ConfigDict(extra="forbid")

    site_id: Annotated[Any, BeforeValidator(_site_id)]
    triggers: Annotated[Any, BeforeValidator(_triggers)] = None
    config_namespace: Annotated[Any, BeforeValidator(_namespace)] = DEFAULT_NAMESPACE


@dataclass(frozen=True)
class CheckedInputs:
    """Inputs as they go into the state.

    Attributes:
        site_id: A whole number above 0, or unknown at preview.
        triggers: As given; possibly unknown at preview, as a whole or in parts. `None` when there are none.
        config_namespace: Where key and server are looked up.
    """

    site_id: Any
    triggers: Any
    config_namespace: str


def check_inputs(given: Mapping[str, Any]) -> tuple[CheckedInputs | None, list[str]]:
    """Validate inputs, offline and all at once. What is unknown at preview is passed over.

    Args:
        given: The inputs, without the host's own keys.

    Returns:
        The inputs in their one form, or `None`; and the problems, each beginning with the input's path.
    """
    found = []
    checked = None
    try:
        valid = _Inputs.model_validate(given)
        checked = CheckedInputs(valid.site_id, given.get("triggers"), valid.config_namespace)
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            path = ".".join(str(part) for part in problem["loc"])
            found.append(path + _PATH_SEPARATOR + _words(problem["type"], problem["msg"]))
    triggers = given.get("triggers")
    if isinstance(triggers, (dict, list)):
        found += problems(triggers, pass_over=pulumi.output.Unknown)
    return (None if found else checked), found


def _words(kind: str, message: str) -> str:
    if kind == "missing":
        return "this input is required"
    if kind == "extra_forbidden":
        return "there is no such input"
    return message
