"""The example that a test module is named for."""

import pytest

from tests.engine.conftest import engine_path  # noqa: F401 - a fixture
from tests.examples.project import Project


@pytest.fixture
def example(request, tmp_path, engine_path, nao):  # noqa: F811
    """The project of `test_one_site.py` is `examples/one-site`; a test has to run all that its README says."""
    name = request.module.__name__.rpartition(".test_")[2].replace("_", "-")
    for site in (910, 911, 912, 920, 921):
        nao.add_site(site)
    project = Project(name, tmp_path, engine_path, nao)
    yield project
    if not request.session.testsfailed:
        assert not project.not_yet_run, "these sections of the README were not run"
