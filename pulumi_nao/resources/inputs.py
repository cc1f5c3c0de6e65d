"""The program's words: each input brought to one form, or refused with its path and never with its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.output import Unknown

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, namespace_problem
from pulumi_nao.config.surface import PYTHON, Surface
from pulumi_nao.models import action_problems, site_number
from pulumi_nao.text import name_of
from pulumi_nao.values import BODY, OUTPUT_IN_TEXT, POINTER, TOO_LARGE, holds_output, is_too_large, value_problems

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Bag = dict[str, Any]
    Checked = tuple[Bag | None, list[str]]

AGAIN, FAIL = "again", "fail"
_OF_A_CALL = ("path", "method", "body", "results", "if_unknown", "assume_done")

# What a program tells the provider beside its inputs. With two underscores, older SDKs would keep it from a provider.

# What the program sees of its configuration; `check` compares it with what the provider sees, and drops it.
# `server`: the server that is stated, in canonical form; empty for none. `names`: the settings of the stack.
CONFIGURATION = "_configuration"
ERROR_HOOK = "_error_hook"  # the program declares a hook that wants to read why the resource failed
SECRETS = "_secrets"  # which inputs of a call are secrets: the plugin host passes their values on without saying so
MARKERS = frozenset({CONFIGURATION, ERROR_HOOK, SECRETS})

_UNKNOWN = (Unknown,)


def publication_inputs(
    given: Mapping[str, Any], not_known_yet: tuple[type, ...] = _UNKNOWN, surface: Surface = PYTHON
) -> Checked:
    """Validate the inputs of a publication, offline and all at once."""
    site, name = given.get("site_id"), surface.name("site_id")
    found = []
    if "site_id" not in given:
        found.append(f"{name}: this input is required")
    elif holds_output(site):
        found.append(f"{name}: {surface.triggers.output_in_text}")
    elif not isinstance(site, not_known_yet):
        try:
            site = site_number(site)
        except ValueError as error:
            found.append(f"{name}: {error}")
    return _checked(given, ("site_id",), {"site_id": site}, found, not_known_yet, surface)


def call_inputs(
    given: Mapping[str, Any], not_known_yet: tuple[type, ...] = _UNKNOWN, surface: Surface = PYTHON
) -> Checked:
    own = {"method": "POST", **_present(given, _OF_A_CALL)}
    path, checked = own.get("path"), "any"  # in place of a path that is not known yet, or has been judged
    found = []
    if path is None:
        found.append("path: this input is required")
    elif holds_output(path):
        found.append(f"path: {OUTPUT_IN_TEXT}")
    elif not isinstance(path, not_known_yet):
        checked = path
    found += action_problems(own["method"], checked)
    if "body" in own:
        problems = value_problems(BODY, own["body"], not_known_yet)
        if not problems and is_too_large(own["body"]):
            problems = [TOO_LARGE]
        found += problems
    found += _result_problems(own.get("results", {}))
    if own.get("if_unknown", FAIL) not in (AGAIN, FAIL):
        found.append(f"if_unknown: write {FAIL!r} or {AGAIN!r}")
    assumed = own.get("assume_done", "")
    if not isinstance(assumed, str) or not assumed.isprintable() or holds_output(assumed):
        found.append("assume_done: paste what the error prints, the beginning of the attempt that was done")
    return _checked(given, _OF_A_CALL, own, found, not_known_yet, surface)


def _result_problems(results: object) -> list[str]:
    if not isinstance(results, dict):
        return ["results: give a mapping of names to JSON pointers, such as {'id': '/data/id'}"]
    found = []
    for name, pointer in results.items():
        if not isinstance(name, str) or not name.isidentifier():
            found.append(f"results.{name_of(str(name))}: write a name like those of variables, such as id")
        elif holds_output(pointer):
            found.append(f"results.{name_of(name)}: {OUTPUT_IN_TEXT}")
        elif not isinstance(pointer, str) or not POINTER.fullmatch(pointer):
            found.append(f"results.{name_of(name)}: write a JSON pointer, such as /data/id")
    return found


def _checked(
    given: Mapping[str, Any],
    own_names: tuple[str, ...],
    own: Bag,
    found: list[str],
    not_known_yet: tuple[type, ...],
    surface: Surface,
) -> Checked:
    """Add what every kind of resource takes."""
    namespace = given.get("config_namespace", DEFAULT_NAMESPACE)
    problem = namespace_problem(namespace)
    if problem:
        found.append(f"config_namespace: {problem}")
    inputs = {**own, "config_namespace": namespace, **_present(given, ("triggers",))}
    if "triggers" in inputs:
        found += value_problems(surface.triggers, inputs["triggers"], not_known_yet)
    names = (*own_names, "triggers", "config_namespace")
    found += [f"{name_of(str(name))}: there is no such input" for name in given if name not in names]
    return (None if found else inputs), found


def _present(given: Mapping[str, Any], names: Iterable[str]) -> Bag:
    return {name: given[name] for name in names if given.get(name) is not None}
