"""What all examples have in common."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.project import EXAMPLES, sections

FOLDERS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir())
A_SCREEN = 60


@pytest.mark.parametrize("name", FOLDERS)
def test_an_example_is_a_project_with_a_test_of_its_own(name):
    here = {file.name for file in (EXAMPLES / name).iterdir()}
    test = EXAMPLES.parent / "tests" / "examples" / f"test_{name.replace('-', '_')}.py"
    assert {"Pulumi.yaml", "README.md", "requirements.txt"} <= here
    assert "(example)" in test.read_text()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_readme_fits_a_screen_and_ends_with_cleaning_up(name):
    readme = (EXAMPLES / name / "README.md").read_text()
    assert len(readme.splitlines()) <= A_SCREEN
    assert list(sections(readme))[-1] == "Clean up"


@pytest.mark.parametrize("name", FOLDERS)
def test_the_overview_leads_to_every_example(name):
    assert f"]({name}/README.md)" in (EXAMPLES / "README.md").read_text()


@pytest.mark.parametrize("name", FOLDERS)
def test_a_readme_shows_nothing_but_commands_that_its_test_runs(name):
    readme = (EXAMPLES / name / "README.md").read_text()
    fences = re.findall(r"^ *```.*$", readme, re.MULTILINE)
    assert fences == ["```sh", "```"] * len(sections(readme))


def test_a_file_that_is_in_several_examples_is_the_same_in_all():
    # Each is copied alone, so they share nothing by import.
    copies = [(EXAMPLES / name / "interruptible.py").read_text() for name in ("automation", "fleet")]
    assert copies[0] == copies[1]


def test_the_overviews_simulator_has_every_site_of_the_examples():
    overview = (EXAMPLES / "README.md").read_text()
    _, *arguments = re.search(r"^```sh\n(.+)\n```$", overview, re.MULTILINE)[1].split()
    command = [Path(sys.executable).parent / "pulumi-nao", *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        greeting = "".join(process.stdout.readline() for _ in range(9))
        process.terminate()
    assert re.findall(r"^# Site (\d+)", greeting, re.MULTILINE) == ["910", "911", "912", "920", "921"]
