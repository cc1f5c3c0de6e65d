"""CHANGELOG, CONTRIBUTING and the issue forms keep up with the project."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from pulumi_nao import __version__
from tests.docs.test_pages import PAGES

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## \[(.+)\] - (.+)$", CHANGELOG, re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
WORKFLOWS = [*(ROOT / ".github" / "workflows").glob("*.yml"), *(ROOT / "pipelines" / "github").glob("*.yml")]
ACTION = re.compile(r"uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$", re.MULTILINE)


def test_the_changelog_begins_with_this_version():
    assert RELEASES[0][0] == __version__


def test_every_release_in_the_changelog_has_a_version_and_a_date_and_none_but_the_first_is_unreleased():
    headings = [line for line in CHANGELOG.splitlines() if line.startswith("## ")]
    assert len(RELEASES) == len(headings)
    dates = [day for place, (_, day) in enumerate(RELEASES) if (place, day) != (0, "unreleased")]
    assert [date.fromisoformat(day).isoformat() for day in dates] == sorted(dates, reverse=True)


def test_the_changelog_uses_the_headings_of_keep_a_changelog():
    kinds = set(re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_names_every_action_by_its_commit_and_says_the_version(file):
    text = file.read_text(encoding="utf-8")
    assert len(ACTION.findall(text)) == text.count("uses:") > 0


def test_all_workflows_use_the_same_commit_of_an_action():
    used = {pin for file in WORKFLOWS for pin in ACTION.findall(file.read_text(encoding="utf-8"))}
    assert len(used) == len({action for action, _ in used}) > 0


@pytest.mark.parametrize(
    ("tag", "day", "code"), [("v0.1.0", "2026-03-01", 0), ("v0.1.0", "unreleased", 1), ("v0.2.0", "2026-03-01", 1)]
)
def test_a_release_begins_only_with_the_tag_of_the_version_and_a_date_in_the_changelog(tag, day, code, tmp_path):
    release = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8"))
    step = next(step for step in release["jobs"]["build"]["steps"] if step.get("name", "").startswith("The tag"))
    (tmp_path / "pulumi_nao").mkdir()
    (tmp_path / "pulumi_nao" / "_version.py").write_text('__version__ = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## [0.1.0] - {day}\n")
    bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    environment = {**os.environ, "GITHUB_REF_NAME": tag}
    assert subprocess.run(bash, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode == code


def test_ci_runs_the_words_of_the_readme():
    readme = re.findall(r"^make (\w+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert readme == ["demo", "test", "acceptance"]
    run = re.findall(r"^make (\w+)$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert run == ["check", "oldest", "acceptance", "test"]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8"))
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["word"] == ["test", "acceptance"]


def test_the_pipelines_install_the_pulumi_that_the_tests_run():
    pipelines = [file for file in (ROOT / "pipelines").rglob("*.y*ml") if file.is_file()]
    texts = [file.read_text(encoding="utf-8") for file in pipelines]
    pins = re.findall(r"(?:pulumi-version: |pulumi/pulumi[a-z-]*:)([\d.]+)", "".join(texts))
    built = re.search(r"pulumi/pkg/v3 v(\S+)", (ROOT / "tools" / "engine" / "go.mod").read_text())[1]
    assert pins == [built] * 5


def test_the_map_of_the_code_names_every_room():
    rooms = {
        path.stem
        for path in (ROOT / "pulumi_nao").iterdir()
        if (path.suffix == ".py" or path.is_dir()) and not path.name.startswith("_")
    }
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {room for room in rooms if f"`{room}`" in text} == rooms


def test_the_table_of_the_tests_names_every_folder():
    folders = {path.parent.name for path in (ROOT / "tests").glob("*/test_*.py")}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {folder for folder in folders if f"`tests/{folder}`" in text} == folders


def test_the_issue_forms_are_valid():
    names = [path for path in FORMS if path.name != "config.yml"]
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    forms = subprocess.run(
        [*command, "vendor.github-issue-forms", *names], capture_output=True, text=True, check=False
    )
    assert (len(names), forms.returncode) == (3, 0), forms.stdout
    config = subprocess.run(
        [*command, "vendor.github-issue-config", ROOT / ".github" / "ISSUE_TEMPLATE" / "config.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert config.returncode == 0, config.stdout


@pytest.mark.parametrize("name", PAGES)
def test_every_link_of_a_page_leads_to_a_file(name):
    page = PAGES[name]
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
