"""Run by a project's Python: tells which resource plugins the installed packages need, as JSON on stdout.

A package says so in a `pulumi-plugin.json` in the module that is named like it. A package called `pulumi-…`
without that file is taken to need the plugin of the rest of its name.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import distributions
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_PREFIX = "pulumi-"
_WITHOUT_PLUGIN = {"pulumi-policy", "pulumi-esc-sdk"}
_VERSION = re.compile(r"(?P<release>\d+(?:\.\d+)*)(?:(?P<stage>a|b|rc)(?P<number>\d+))?")
_STAGES = {"a": "alpha", "b": "beta", "rc": "rc"}


def plugins() -> list[dict[str, Any]]:
    """Find the plugins.

    Returns:
        The fields of a `PackageDependency` each.
    """
    packages: dict[str, tuple[str, str]] = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        # The first one on the path is the one that gets imported.
        packages.setdefault(re.sub(r"[-_.]+", "-", name).lower(), (name, distribution.version))
    found = (_plugin(name, *package) for name, package in sorted(packages.items()))
    return [plugin for plugin in found if plugin is not None]


def _plugin(name: str, written: str, package_version: str) -> dict[str, Any] | None:
    if name in _WITHOUT_PLUGIN:
        return None
    told = _told(written.replace("-", "_"))
    if told is None and not name.startswith(_PREFIX):
        return None
    told = {"resource": True} if told is None else told
    version = told.get("version") or _plugin_version(package_version)
    if not told.get("resource") or not version:
        return None
    plugin = {
        "name": told.get("name") or name.removeprefix(_PREFIX),
        "kind": "resource",
        "version": f"v{version.removeprefix('v')}",
        "server": told.get("server", ""),
    }
    if parameterization := told.get("parameterization"):
        plugin["parameterization"] = parameterization
    return plugin


def _told(module: str) -> dict[str, Any] | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "pulumi-plugin.json"
        if file.is_file():
            told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
            return told
    return None


def _plugin_version(package_version: str) -> str:
    match = _VERSION.fullmatch(package_version)
    if match is None:
        return ""
    numbers = match["release"].split(".")
    numbers += ["0"] * (3 - len(numbers))
    return ".".join(numbers) + (f"-{_STAGES[match['stage']]}.{match['number']}" if match["stage"] else "")


if __name__ == "__main__":
    print(json.dumps(plugins()))
