"""What a program is told once a run, at `preview` and at `up`, however many resources it declares."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime import config
from pulumi.runtime.settings import SETTINGS, get_monitor

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE, variable_of
from pulumi_nao.config.spelling import misspelt_settings, misspelt_variables
from pulumi_nao.errors import ConfigurationError

if TYPE_CHECKING:
    from pulumi_nao.config.settings import Settings

# A run that takes a few times as long as one publication is no surprise, and neither is any with so few sites.
_ROUNDS = 4
_FEW = 20
_ENOUGH = 256


@dataclass
class _Run:
    most: int  # with more resources, `slowness` is worth saying
    slowness: str
    declared: int = 0
    namespaces: set[str] = field(default_factory=set)
    searched: set[str] = field(default_factory=set)


# Several runs can share a process (Automation API); each has a monitor of its own.
_runs: WeakKeyDictionary[Any, _Run] = WeakKeyDictionary()


def give(namespace: str, settings: Settings) -> None:
    """Tell the program what it has not been told in this run, now that it declares one more resource."""
    monitor = get_monitor()
    if monitor not in _runs:
        _runs[monitor] = _Run(*_slowness(settings))
    run = _runs[monitor]
    run.declared += 1
    if run.declared == run.most + 1:  # how many more will come, nobody knows
        pulumi.log.info(f"more than {run.most} publications and calls are declared, and {run.slowness}")
    # The limits of the run stand in the default namespace, whichever the resources use.
    for name in (DEFAULT_NAMESPACE, namespace):
        if name not in run.searched:
            run.searched.add(name)
            _tell_of_spelling(name)
    if namespace not in run.namespaces:
        run.namespaces.add(namespace)
        lack = settings.lack_of_key(namespace)
        if lack and pulumi.runtime.is_dry_run():
            pulumi.log.warn(lack)


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


def _slowness(settings: Settings) -> tuple[int, str]:
    """After how many resources it matters how few run at a time, and what to say then."""
    at_once = min(SETTINGS.parallel or 0, _ENOUGH)  # `None` where nobody says
    way_out = f"PULUMI_PARALLEL={_ENOUGH} lets that many run"
    limit = None
    with suppress(ConfigurationError):  # told where it is needed
        limit = settings.concurrency()
    if limit and limit < at_once:
        name = f"{DEFAULT_NAMESPACE}:concurrency"
        name = name if settings.is_configured(name) else variable_of(DEFAULT_NAMESPACE, "concurrency")
        at_once, way_out = limit, f"raise {name} to let more of them run"
    if not 0 < at_once < _ENOUGH:
        return sys.maxsize, ""
    most = max(_FEW, _ROUNDS * at_once)
    return most, (
        f"no more than {at_once} run at a time: all of them take more than {most // at_once} times as long "
        f"as one; {way_out}"
    )
