"""The project that the pipelines publish: `examples/one-site`, with the stack they name."""

import pytest

from tests.engine.conftest import engine_path  # noqa: F401 - a fixture
from tests.examples.project import Project

STACK = "organization/one-site/production"  # what a state in a folder calls every organisation


@pytest.fixture
def project(tmp_path, engine_path, nao):  # noqa: F811
    made = Project("one-site", tmp_path, engine_path, nao)
    assert made.command(f"pulumi stack init {STACK}").green
    assert made.command("pulumi config set siteId 910").green
    return made
