"""The example that a test module is named for."""

import pytest

from tests.engine.conftest import engine_path, yaml_path  # noqa: F401 - fixtures
from tests.examples.project import Project


@pytest.fixture
def project(request, tmp_path, engine_path, nao):  # noqa: F811
    """The project of `test_one_site.py` is `examples/one-site`."""
    name = request.module.__name__.rpartition(".test_")[2].replace("_", "-")
    for site in (910, 911, 912, 920, 921):
        nao.add_site(site)
    if name == "yaml":
        engine_path = request.getfixturevalue("yaml_path")
    return Project(name, tmp_path, engine_path, nao)


@pytest.fixture
def example(request, project):
    """The same, for a test that has to run all that the README says."""
    yield project
    if not request.session.testsfailed:
        assert not project.not_yet_run, "these sections of the README were not run"


def pytest_collection_modifyitems(items):
    """A README is a dozen commands in a row, on machines that may be slow."""
    for item in items:
        if "project" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(400))
