from pathlib import Path

import pulumi
import pytest

from pulumi_nao import content_digest

GOLDEN = "v1:4399d9ba614ffa979c26cb495db0697d0317127d25cad52f1fc3ac8f50ee7733"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config" / "deep").mkdir(parents=True)
    (tmp_path / "config" / "zones.json").write_bytes(b"{}\n")
    (tmp_path / "config" / "deep" / "tags.json").write_bytes(b"[]\n")
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_the_digest_is_the_recorded_one():
    assert content_digest("config/**/*.json") == GOLDEN


def test_the_digest_is_the_same_in_another_place(folder):
    before = content_digest("config/**/*.json")
    (folder / "config").rename(folder / "elsewhere")
    assert content_digest(str(folder / "elsewhere") + "/**/*.json") == before


@pytest.mark.parametrize(
    "change",
    [
        lambda config: (config / "zones.json").write_bytes(b"{ }\n"),
        lambda config: (config / "zones.json").rename(config / "areas.json"),
        lambda config: (config / "zones.json").rename(config / "deep" / "zones.json"),
        lambda config: (config / "zones.json").unlink(),
        lambda config: (config / "empty.json").touch(),
    ],
    ids=["content", "name", "folder", "removed", "added"],
)
def test_a_change_of_the_files_changes_the_digest(folder, change):
    before = content_digest("config/**/*.json")
    change(folder / "config")
    assert content_digest("config/**/*.json") != before


def test_hidden_files_do_not_count_unless_named(folder):
    before = content_digest("config/**")
    (folder / "config" / ".swp").write_text("x")
    assert content_digest("config/**") == before
    assert content_digest("config/**", "config/.*") != before


@pytest.mark.usefixtures("folder")
def test_a_single_file_can_be_named():
    assert content_digest("config/zones.json").startswith("v1:")


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        ((), "at least one pattern"),
        (("",), "a pattern is empty"),
        (("config/**.json",), "must stand alone between slashes"),
        (("config/*/../*.json",), "must stand before the first wildcard"),
        (("confg/*.json",), "no file matches 'confg/*.json'"),
        (("config/absent.json",), "no file matches 'config/absent.json'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_pattern_that_finds_nothing_is_an_error(patterns, words):
    with pytest.raises(pulumi.RunError) as caught:
        content_digest(*patterns)
    assert words in str(caught.value)


def test_names_that_differ_in_their_form_of_accents_alone_both_count(folder):
    (folder / "config" / "caf\u00e9.json").write_text("composed")
    (folder / "config" / "cafe\u0301.json").write_text("decomposed")
    before = content_digest("config/*.json")
    (folder / "config" / "caf\u00e9.json").write_text("changed")
    assert content_digest("config/*.json") != before


def test_the_form_of_accents_alone_is_no_difference(folder):
    (folder / "config" / "caf\u00e9.json").write_text("{}")
    before = content_digest("config/*.json")
    (folder / "config" / "caf\u00e9.json").rename(folder / "config" / "cafe\u0301.json")
    assert content_digest("config/*.json") == before


@pytest.mark.usefixtures("folder")
def test_a_path_is_as_good_as_a_text():
    assert content_digest(Path("config") / "**" / "*.json") == GOLDEN


@pytest.mark.usefixtures("folder")
def test_a_file_that_matches_in_two_ways_counts_once():
    assert content_digest("config/**/**/*.json") == GOLDEN


@pytest.mark.parametrize(
    "pattern",
    [None, 5, True, b"config/*.json", ["config/*.json"], object()],
    ids=["none", "int", "bool", "bytes", "list", "object"],
)
@pytest.mark.usefixtures("folder")
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(pulumi.RunError, match="a pattern is text or a path"):
        content_digest(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "config/\0*.json",
        "config/zones.json\0",
        "x" * 5000,
        "x" * 5000 + "/*",
        "config/\ud800*",
        "[",
        "config/[z-a]*",
        "/",
    ],
)
@pytest.mark.usefixtures("folder")
def test_an_odd_pattern_ends_in_words(pattern):
    with pytest.raises(pulumi.RunError, match=r"^content_digest: "):
        content_digest(pattern)


@pytest.mark.usefixtures("folder")
def test_a_file_that_cannot_be_read_is_an_error(monkeypatch):
    def refuse(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so the real thing cannot be had
    with pytest.raises(
        pulumi.RunError, match=r"^content_digest: 'config/zones.json' cannot be read: Permission denied$"
    ):
        content_digest("config/zones.json")


def test_a_folder_that_contains_itself_is_refused(folder):
    (folder / "config" / "again").symlink_to(folder / "config", target_is_directory=True)
    (folder / "config" / "once-more").symlink_to(folder / "config", target_is_directory=True)
    with pytest.raises(pulumi.RunError, match="contains itself through a symbolic link"):
        content_digest("config/**/*.json")


def test_a_link_to_another_folder_is_followed(folder):
    before = content_digest("config/**/*.json")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "more.json").write_text("{}")
    (folder / "config" / "more").symlink_to(folder / "elsewhere", target_is_directory=True)
    assert content_digest("config/**/*.json") != before
