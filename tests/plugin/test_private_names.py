"""The native plugin stands on public names alone; only the dynamic host needs others."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pulumi_nao
from pulumi_nao.cloud import client
from pulumi_nao.plugin import serve

ROOT = Path(pulumi_nao.__file__).parent
OF_THE_DYNAMIC_RESOURCE = ("program", "host/calls", "host/dynamic")
FILES = [
    file
    for file in sorted(ROOT.rglob("*.py"))
    if not file.relative_to(ROOT).as_posix().startswith(OF_THE_DYNAMIC_RESOURCE)
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_no_private_name_of_another_package_is_used(file):
    assert [*_private_names(ast.parse(file.read_text()))] == []


def test_the_search_finds_what_it_is_for():
    tree = ast.parse((ROOT / "host" / "calls.py").read_text())
    assert {"_interceptor", "_server", "_state"} <= {*_private_names(tree)}


def test_the_plugin_loads_nothing_that_uses_private_names():
    code = f"import sys, {serve.__name__}, {client.__name__}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "pulumi_nao.host.engine" in loaded
    private = tuple(f"pulumi_nao.{name.replace('/', '.')}" for name in OF_THE_DYNAMIC_RESOURCE)
    assert [name for name in loaded if name.startswith(private)] == []


def _private_names(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            if ast.unparse(node.value) not in ("self", "cls", "super()"):
                yield node.attr
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] != "pulumi_nao":
            yield from (alias.name for alias in node.names if _is_private(alias.name))
            yield from (part for part in (node.module or "").split(".") if _is_private(part) and part != "__future__")


def _is_private(name):
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))
