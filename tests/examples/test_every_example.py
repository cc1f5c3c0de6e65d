"""What all examples have in common."""

import pytest

from tests.examples.project import EXAMPLES, sections

FOLDERS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
A_SCREEN = 60


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_is_a_project_with_a_test_of_its_own(name):
    here = {file.name for file in (EXAMPLES / name).iterdir()}
    test = EXAMPLES.parent / "tests" / "examples" / f"test_{name.replace('-', '_')}.py"
    assert {"Pulumi.yaml", "README.md", "requirements.txt"} <= here
    assert "example" in test.read_text()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_readme_fits_a_screen_and_ends_with_cleaning_up(name):
    readme = (EXAMPLES / name / "README.md").read_text()
    assert len(readme.splitlines()) <= A_SCREEN
    assert list(sections(readme))[-1] == "Clean up"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_overview_leads_to_every_example(name):
    assert f"]({name}/README.md)" in (EXAMPLES / "README.md").read_text()
