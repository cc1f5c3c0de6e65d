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
        (("confg/*.json",), "no file matches 'confg/*.json'"),
        (("config/absent.json",), "no file matches 'config/absent.json'"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_pattern_that_finds_nothing_is_an_error(patterns, words):
    with pytest.raises(pulumi.RunError) as caught:
        content_digest(*patterns)
    assert words in str(caught.value)
