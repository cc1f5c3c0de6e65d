"""Fixtures for the tests of the engine's tools."""

import importlib

import pytest

from tests.tools.machine import ENGINE, Machine


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def module(monkeypatch):
    """Imports a module of the engine's tools, which are scripts and no package."""

    def import_it(name, folder=ENGINE):
        monkeypatch.syspath_prepend(folder)
        return importlib.import_module(name)

    return import_it
