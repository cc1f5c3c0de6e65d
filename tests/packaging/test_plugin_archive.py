"""The native plugin as an archive for `pulumi plugin install`."""

import importlib.util
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from pulumi_nao import __version__

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("plugin_archive", ROOT / "tools" / "plugin_archive.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pack(tmp_path_factory.mktemp("archives"))


def test_there_is_one_for_each_kind_of_machine_that_pulumi_asks_for(archives):
    assert [file.name for file in archives] == [
        f"pulumi-resource-nao-v{__version__}-{machine}.tar.gz"
        for machine in ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
    ]
    assert len({file.read_bytes() for file in archives}) == 1


def test_it_holds_an_executable_the_package_and_the_licence(archives):
    with tarfile.open(archives[0]) as archive:
        assert archive.getmember("pulumi-resource-nao").mode == 0o755
        assert {"LICENSE", "pulumi_nao/plugin/serve.py", "pulumi_nao/lifecycle.py"} <= {*archive.getnames()}


def test_a_python_without_the_packages_is_told_what_to_install(archives, tmp_path):
    with tarfile.open(archives[0]) as archive:
        archive.extractall(tmp_path, filter="data")
    alone = [sys.executable, "-S", "-E", tmp_path / "pulumi-resource-nao"]  # without site-packages
    run = subprocess.run(alone, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("error: the plugin nao cannot start with ")
    assert "`python3 -m pip install pulumi requests pydantic`" in run.stderr
    assert "Traceback" not in run.stderr
