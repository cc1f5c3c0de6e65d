"""What a program is told once a run, at `preview` and at `up`, however many publications it declares."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import config
from pulumi.runtime.settings import SETTINGS, get_monitor

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, variable_of
from pulumi_nao.config.spelling import misspelt_settings, misspelt_variables

# A run that takes a few times as long as one publication is no surprise, and neither is any with so few sites.
_ROUNDS = 4
_FEW = 20
_ENOUGH = 256


@dataclass
class _Run:
    most: int  # with more publications, `places` is worth saying
    places: str
    declared: int = 0
    namespaces: set[str] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)


# Several runs can share a process (Automation API); each has a monitor of its own.
_runs: WeakKeyDictionary[Any, _Run] = WeakKeyDictionary()


def give(namespace: str) -> None:
    """Tell the program what it has not been told in this run, now that it declares one more publication."""
    monitor = get_monitor()
    if monitor not in _runs:
        _runs[monitor] = _Run(*_places())
    run = _runs[monitor]
    run.declared += 1
    if run.declared == run.most + 1:  # how many more will come, nobody knows
        pulumi.log.info(f"more than {run.most} publications are declared, and {run.places}")
    # The limits of the run stand in the default namespace, whichever the publications use.
    for name in (DEFAULT_NAMESPACE, namespace):
        if name not in run.searched:
            run.searched.add(name)
            _tell_of_spelling(name)
    if namespace not in run.namespaces:
        run.namespaces.add(namespace)
        _tell_of_key(namespace)


def _tell_of_key(namespace: str) -> None:
    variable = variable_of(namespace, "apiKey")
    if (
        pulumi.runtime.is_dry_run()
        and pulumi.Config(namespace).get("apiKey") is None
        and not os.environ.get(variable)
    ):
        pulumi.log.warn(
            f"there is no NAO Cloud key, so `pulumi up` could not send anything: set it with "
            f"`pulumi config set --secret {namespace}:apiKey`, or set {variable} in the environment"
        )


def _tell_of_spelling(namespace: str) -> None:
    ours = namespace.partition("-")[0] == DEFAULT_NAMESPACE and namespace != pulumi.get_project()
    told = misspelt_settings(namespace, _keys(), shared=not ours)
    for text in (*told, *misspelt_variables(namespace, os.environ)):
        pulumi.log.warn(text)


def _keys() -> set[str]:
    """All keys of the configuration. The SDK gives none but the one that it is asked for."""
    try:
        return {*config.CONFIG.get(), *config.get_config_env()}
    except (AttributeError, TypeError, ValueError):  # another SDK may keep them elsewhere
        return set()


def _places() -> tuple[int, str]:
    """After how many publications it matters how few run at a time, and what to say then."""
    at_once = min(SETTINGS.parallel or 0, _ENOUGH)  # `None` where nobody says
    way_out = f"PULUMI_PARALLEL={_ENOUGH} lets that many run"
    name, limit = f"{DEFAULT_NAMESPACE}:concurrency", pulumi.Config(DEFAULT_NAMESPACE).get("concurrency")
    if limit is None:
        name = "NAO_CONCURRENCY"
        limit = os.environ.get(name, "")
    if re.fullmatch(r"\s*[0-9]{1,4}\s*", limit) and 0 < int(limit) < at_once:
        at_once, way_out = int(limit), f"raise {name} to let more of them run"
    if not 0 < at_once < _ENOUGH:
        return sys.maxsize, ""
    most = max(_FEW, _ROUNDS * at_once)
    return most, (
        f"no more than {at_once} run at a time: publishing them all takes more than {most // at_once} times as long "
        f"as publishing one; {way_out}"
    )
