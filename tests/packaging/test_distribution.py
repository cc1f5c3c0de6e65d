"""What is in the wheel and the sdist, and what they bring along."""

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT], check=True, capture_output=True
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        yield archive


@pytest.mark.parametrize("name", ["pulumi-plugin.json", "py.typed"])
def test_the_wheel_carries_what_others_look_for(wheel, name):
    assert f"pulumi_nao/{name}" in wheel.namelist()


def test_the_sdist_carries_the_plugin_file(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        assert "pulumi_nao-0.1.0/pulumi_nao/pulumi-plugin.json" in archive.getnames()


def test_the_wheel_says_it_is_no_plugin_binary(wheel):
    assert wheel.read("pulumi_nao/pulumi-plugin.json") == b'{"resource": false}\n'


def test_the_wheel_requires_pulumi_requests_and_pydantic_alone(wheel):
    metadata = message_from_bytes(wheel.read("pulumi_nao-0.1.0.dist-info/METADATA"))
    required = [requirement for requirement in metadata.get_all("Requires-Dist") if "extra ==" not in requirement]
    assert sorted(required) == [
        "pulumi<4,>=3.216",
        "pydantic>=2.12; python_version >= '3.14'",
        "pydantic>=2.8",
        "requests>=2.32.2",
    ]


def test_the_editable_install_is_found_where_the_language_host_looks():
    code = "import importlib.resources as r; print((r.files('pulumi_nao') / 'pulumi-plugin.json').is_file())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "True\n"
