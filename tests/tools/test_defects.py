"""A defect in the code turns `make test` red: one for each part that decides what a green run means."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import pulumi_nao

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Defect:
    """One line that is written otherwise.

    Attributes:
        file: In the package.
        written: The line's words.
        broken: What stands there instead.
        test: The test that is to notice it, in a file of its own tier.
    """

    file: str
    written: str
    broken: str
    test: str


DEFECTS = {
    "lifecycle: a failed publication is no reason to publish": Defect(
        "lifecycle.py",
        "if not recorded.done or not recorded.made_for(wanted)",
        "if not recorded.made_for(wanted)",
        "tests/core/test_lifecycle.py::test_what_is_recorded_and_what_is_wanted_decide",
    ),
    "jobs: a job that has finished is a success": Defect(
        "jobs.py",
        "if self._state.succeeded:",
        "if self._state:",
        "tests/core/test_wait.py::test_a_failure_has_the_words_of_the_job",
    ),
    "client: a publication whose answer is lost is sent again": Defect(
        "cloud/client.py",
        "raise MayHaveStarted(operation, reason) from None",
        "raise ServerUnreachable(operation, self.base_url, reason, may_pass=True) from None",
        "tests/faults/test_matrix.py::test_a_fault_ends_in_one_known_way[reset-after at the POST]",
    ),
    "host: what has failed is not saved": Defect(
        "host/failure.py",
        "    status.details.add().Pack(detail)",
        "    _ = detail",
        "tests/plugin_host/test_calls.py::test_a_failed_job_is_saved_with_its_words_on_the_resources_row[locked]",
    ),
    "digest: another name of a file is no change": Defect(
        "program/digest.py",
        "(len(name), name, digest)",
        '(0, b"", digest)',
        "tests/core/test_digest.py::test_a_change_of_the_files_changes_the_digest",
    ),
    "settings: the environment goes before the stack": Defect(
        "config/settings.py",
        "        if value is None:\n            variable =",
        "        if value is None or self._environment:\n            variable =",
        "tests/core/test_words.py::test_the_stacks_configuration_wins_over_the_environment",
    ),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A copy of package and tests, on which the tests pass."""
    folder = tmp_path_factory.mktemp("sound")
    for source in (Path(pulumi_nao.__file__).parent, ROOT / "tests"):
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    assert _passes(folder, *(defect.test for defect in DEFECTS.values()))
    return folder


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_a_defect_turns_the_tests_red(defect, sound, tmp_path, inject):
    inject(meant=[tmp_path])  # the tests themselves hold their keys
    shutil.copytree(sound, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "pulumi_nao" / defect.file
    code = file.read_text(encoding="utf-8")
    assert code.count(defect.written) == 1, "the code has changed; write the defect anew"
    file.write_text(code.replace(defect.written, defect.broken), encoding="utf-8")
    assert not _passes(tmp_path, defect.test)


def _passes(folder, *tests):
    """Whether the tests pass on the copy; anything else than a pass or a failure is a mistake here."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *tests],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PYTEST_"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stdout + ended.stderr
    return ended.returncode == 0
