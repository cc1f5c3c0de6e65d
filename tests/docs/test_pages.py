"""Every code block and every command of README and documentation does what the page says."""

from pathlib import Path

import pytest

from tests.docs.blocks import read
from tests.docs.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTATION = sorted((ROOT / "sdk-docs").rglob("*.md"))
PAGES = {
    str(path.relative_to(ROOT)): path
    for path in [*sorted(ROOT.glob("*.md")), *DOCUMENTATION]
    if "_build" not in path.parts
}
BLOCKS = {name: read(path, name) for name, path in PAGES.items()}
FROM_SCRATCH = {"sdk-docs/tutorial.md", "sdk-docs/how-to/other-languages.md"}
IN_YAML = {"sdk-docs/how-to/other-languages.md", "sdk-docs/how-to/move-to-the-plugin.md"}

# What cannot be run, and why. Whoever adds a line says why nothing that can be run would do.
NOT_RUN = {
    ("CONTRIBUTING.md", "make check"): "they run these tests",
    ("CONTRIBUTING.md", "make model"): "it takes minutes; the tests run the same for a few seconds",
    ("CONTRIBUTING.md", "make mutants"): "it takes minutes",
    ("README.md", "make demo"): "they run these tests and the demo, which has a test of its own",
    ("README.md", "pip install pulumi-nao"): "there is no package index at hand; the tutorial installs the wheel",
    (
        "sdk-docs/index.md",
        "pip install pulumi-nao",
    ): "there is no package index at hand; the tutorial installs the wheel",
    ("sdk-docs/how-to/other-languages.md", "pulumi package add .venv/bin/pulumi-resource-nao"): (
        "it needs the language host of the project's language"
    ),
    ("sdk-docs/reference/command-line.md", "pulumi-nao doctor"): (
        "its lines tell of the machine; tests of its own compare them"
    ),
    ("sdk-docs/how-to/keys.md", "values:"): "it needs an account of Pulumi ESC",
    ("sdk-docs/how-to/keys.md", "environment:"): "it needs an account of Pulumi ESC",
    ("sdk-docs/how-to/policies.md", "description: How we publish tracking configurations"): (
        "pulumi_policy is a package of its own"
    ),
    (
        "sdk-docs/how-to/policies.md",
        "from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy",
    ): ("pulumi_policy is a package of its own"),
    (
        "sdk-docs/how-to/policies.md",
        "pulumi preview --policy-pack ../policies",
    ): "pulumi_policy is a package of its own",
}


def _with_its_limit(name):
    """The page, with a time-out for machines that may be slow."""
    return pytest.param(name, marks=pytest.mark.timeout(300 + 30 * len(BLOCKS[name])))


@pytest.mark.parametrize("name", [_with_its_limit(name) for name, blocks in BLOCKS.items() if blocks])
def test_every_block_of_the_page_does_what_the_page_says(name, tmp_path, engine_path, request):
    index = request.getfixturevalue("index") if name in FROM_SCRATCH else None
    if name in IN_YAML:
        engine_path = request.getfixturevalue("yaml_path")
    workspace = Workspace(tmp_path, engine_path, index)
    try:
        for block in BLOCKS[name]:
            workspace.run(block)
        workspace.finish()
    finally:
        workspace.close()


SHORTEST_WAYS = {
    "sdk-docs/tutorial.md": [
        "pip install pulumi-nao",
        "pulumi-nao simulate",
        "export NAO_BASE_URL=http://127.0.0.1:8910 NAO_API_KEY=simulator-key",
        "pulumi up",
    ],
    # The first four of the page: from an empty folder.
    "sdk-docs/how-to/other-languages.md": [
        "python3 -m venv .venv && .venv/bin/pip install pulumi-nao",
        ".venv/bin/pulumi-nao simulate",
        "export NAO_BASE_URL=http://127.0.0.1:8910 NAO_API_KEY=simulator-key",
        "pulumi stack init dev && pulumi up",
    ],
}


@pytest.mark.parametrize("page", sorted(FROM_SCRATCH))
def test_fewer_than_five_commands_lead_to_a_publication(page):
    blocks = [block for block in BLOCKS[page] if block.language == "sh"]
    commands = [command for block in blocks for command in block.text.strip().splitlines()]
    way = SHORTEST_WAYS[page]
    first = 0 if page in IN_YAML else commands.index(way[0])
    assert commands[first : first + len(way)] == way


def test_what_is_not_run_is_a_short_list_with_reasons():
    marked = {
        (name, block.text.strip().splitlines()[0]): block.note.removeprefix("not run, ")
        for name, blocks in BLOCKS.items()
        for block in blocks
        if block.note.startswith("not run")
    }
    assert marked == NOT_RUN


def test_every_note_in_the_source_of_a_page_belongs_to_a_block():
    written = {name: path.read_text(encoding="utf-8").count("<!-- test:") for name, path in PAGES.items()}
    used = {
        name: sum(bool(block.note) for block in blocks)
        + sum(bool(block.file) and f"<!-- test: file {block.file}" in PAGES[name].read_text() for block in blocks)
        for name, blocks in BLOCKS.items()
    }
    assert used == written
