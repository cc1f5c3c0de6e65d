"""The program's words: each input brought to one form, or refused with its path and never with its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi.output import Unknown

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.models import site_number
from pulumi_nao.text import name_of
from pulumi_nao.values import OUTPUT_IN_TEXT, holds_output, trigger_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

_INPUTS = ("site_id", "triggers", "config_namespace")
_NOT_KNOWN_YET = (Unknown,)


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


def check_inputs(
    given: Mapping[str, Any], not_known_yet: tuple[type, ...] = _NOT_KNOWN_YET
) -> tuple[CheckedInputs | None, list[str]]:
    """Validate inputs, offline and all at once.

    Args:
        given: The inputs, without the host's own keys.
        not_known_yet: Types of values to pass over: unknown at preview, or outputs in a program.

    Returns:
        The inputs in their one form, or `None`; and the problems, each beginning with the input's path.
    """
    site = given.get("site_id")
    triggers = given.get("triggers")
    namespace = given.get("config_namespace", DEFAULT_NAMESPACE)
    found = []
    if "site_id" not in given:
        found.append("site_id: this input is required")
    elif holds_output(site):
        found.append(f"site_id: {OUTPUT_IN_TEXT}")
    elif not isinstance(site, not_known_yet):
        try:
            site = site_number(site)
        except ValueError as error:
            found.append(f"site_id: {error}")
    problem = namespace_problem(namespace)
    if problem:
        found.append(f"config_namespace: {problem}")
    if triggers is not None:
        found += trigger_problems(triggers, not_known_yet)
    found += [f"{name_of(str(name))}: there is no such input" for name in given if name not in _INPUTS]
    return (None if found else CheckedInputs(site, triggers, namespace)), found
