"""What the package promises of itself."""

import inspect
import json
import subprocess
import sys

import pytest

import pulumi_nao
from pulumi_nao import errors


def test_every_public_name_can_be_imported():
    assert {name for name in pulumi_nao.__all__ if hasattr(pulumi_nao, name)} == set(pulumi_nao.__all__)


def test_other_names_do_not_exist():
    with pytest.raises(AttributeError, match="has no attribute 'absent'"):
        _ = pulumi_nao.absent


def test_a_program_imports_neither_requests_nor_pydantic():
    code = "import sys, pulumi_nao; print('requests' in sys.modules, 'pydantic' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False False\n"


def test_the_drawing_of_the_errors_names_each_of_them():
    classes = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.NaoError)
    }
    assert {name for name in classes if f" {name}" in errors.__doc__ or f"    {name}\n" in errors.__doc__} == classes


def test_the_package_is_not_a_plugin_binary():
    plugin = json.loads(
        (__import__("importlib.resources").resources.files(pulumi_nao) / "pulumi-plugin.json").read_text()
    )
    assert plugin == {"resource": False}


def test_the_command_line_tells_its_version():
    run = subprocess.run(
        [sys.executable, "-m", "pulumi_nao", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout == "pulumi-nao 0.1.0\n"
