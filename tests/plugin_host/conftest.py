"""The real plugin host, at the oldest supported SDK and the locked one; there is no engine in this tier."""

import base64
import contextlib
import importlib
import pickle
import sys
from pathlib import Path

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import provider_pb2

import pulumi_nao
from tests.missing import leave_out
from tests.plugin_host.driver import running_host

ROOT = Path(__file__).resolve().parents[2]
KEY = "k-0123456789-host-tier"

# Another dynamic provider of the same process: an operation begins, and ends when it is told to.
OTHER_PROVIDER = """
import os, pathlib, time
from pulumi.dynamic import CreateResult, ResourceProvider

class Foreign(ResourceProvider):
    def create(self, props):
        folder = pathlib.Path(props["folder"])
        (folder / f"begun-{props['number']:g}").touch()
        while not (folder / "go").exists():
            time.sleep(0.02)
        (folder / f"made-{props['number']:g}").touch()
        return CreateResult("foreign", {})
"""


def python_of(sdk):
    """The Python that has the `oldest` supported SDK, or the `locked` one."""
    python = ROOT / ".venv-oldest" / "bin" / "python" if sdk == "oldest" else Path(sys.executable)
    if not python.exists():
        leave_out(f"there is no {python}: `make test` makes it")
    return python


def link_package(folder):
    """Put the package alone, from the work tree or an installed wheel, beside the SDK of any Python."""
    (folder / "pulumi_nao").symlink_to(Path(pulumi_nao.__file__).parent)
    return folder


@pytest.fixture(params=["oldest", "locked"])
def start_host(request, nao, tmp_path):
    """Start a host at the oldest SDK or the locked one."""
    python = python_of(request.param)
    link_package(tmp_path)

    with contextlib.ExitStack() as running:

        def start(code="", config=None, flags=(), engine="", **environment):
            if code:
                (tmp_path / "sitecustomize.py").write_text(code)
            ours = {"PYTHONPATH": str(tmp_path), "NAO_API_KEY": KEY, "NAO_BASE_URL": nao.url}
            return running.enter_context(
                running_host(python, tmp_path, config or {}, {**ours, **environment}, flags, engine)
            )

        yield start


@pytest.fixture
def host(start_host):
    return start_host()


@pytest.fixture
def foreign(tmp_path, monkeypatch):
    """Create a resource of another dynamic provider, by its number, in a host."""
    (tmp_path / "foreign.py").write_text(OTHER_PROVIDER)
    monkeypatch.syspath_prepend(tmp_path)
    provider = base64.b64encode(pickle.dumps(importlib.import_module("foreign").Foreign(), protocol=4)).decode()
    monkeypatch.delitem(sys.modules, "foreign")

    def create(host, number):
        bag = struct_pb2.Struct()
        bag.update({"__provider": provider, "number": number, "folder": str(tmp_path)})
        urn = "urn:pulumi:test::project::pulumi-python:dynamic:Resource::other"
        return host.stub.Create(provider_pb2.CreateRequest(urn=urn, properties=bag), timeout=60)

    return create
