"""Settings that nobody reads, because they are written otherwise than they are read."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pulumi_nao.config.namespaces import (
    DEFAULT_NAMESPACE,
    OF_THE_RUN,
    VARIABLES,
    environment_prefix,
    setting_names,
    variable_of,
)
from pulumi_nao.config.surface import PYTHON, Surface
from pulumi_nao.text import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Lets a letter be missing, too many, wrong, or two be exchanged, also in the shortest name.
_CLOSE = 0.81
_FOLDED = {key.lower(): key for key in VARIABLES}
_IGNORED = "there is no such setting, so it is ignored"


def misspelt_settings(
    namespace: str, keys: Iterable[str], *, shared: bool = False, surface: Surface = PYTHON
) -> list[str]:
    """Say which keys of a namespace are no settings, and which are meant.

    In a shared one, as that of the program's project, only those that resemble a setting are told.
    """
    settings = setting_names(namespace)
    found = []
    for name in sorted(keys):
        if not name.startswith(f"{namespace}:") or name in settings:
            continue
        written = name.partition(":")[2]
        key, told = _meant(written), surface.setting(namespace, name_of(written))
        if key:
            where = DEFAULT_NAMESPACE if key in OF_THE_RUN else namespace
            found.append(f"{told}: {_IGNORED}; write {surface.setting_name.format(namespace=where, key=key)}")
        elif not shared:
            found.append(f"{told}: {_IGNORED}; there are {', '.join(settings)}")
    return found


def misspelt_variables(namespace: str, environment: Mapping[str, str]) -> list[str]:
    prefix = environment_prefix(namespace)
    found = []
    for name in sorted(environment):
        rest = name[len(prefix) :]
        if not environment[name] or not name.upper().startswith(prefix) or _is_of_another_namespace(rest):
            continue
        key = _meant(rest)
        right = variable_of(DEFAULT_NAMESPACE if key in OF_THE_RUN else namespace, key) if key else name
        if name != right:
            found.append(f"environment variable {name_of(name)}: {_IGNORED}; write {right}")
    return found


def _meant(written: str) -> str:
    folded = re.sub(r"[\W_]", "", written).lower()
    close = get_close_matches(folded, _FOLDED, n=1, cutoff=_CLOSE)
    return _FOLDED[close[0]] if close else ""


def _is_of_another_namespace(rest: str) -> bool:
    words = rest.lower().split("_")
    return any("".join(words[place:]) in _FOLDED for place in range(1, len(words)))
