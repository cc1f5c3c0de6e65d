"""The pages, the engine that runs their commands, and a package index with one package."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.engine.conftest import engine_path, yaml_path  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def index(tmp_path_factory):
    """Where `pip install pulumi-nao` finds the wheel, and where Python finds all that the wheel needs."""
    folder = tmp_path_factory.mktemp("index")
    wheels, shelf = folder / "wheels", folder / "shelf"
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", wheels, ROOT],
        check=True,
        capture_output=True,
    )
    shelf.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "pulumi_nao" not in entry.name and entry.suffix != ".pth":
            (shelf / entry.name).symlink_to(entry)
    return wheels, shelf
