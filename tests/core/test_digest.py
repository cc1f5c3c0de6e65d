import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pulumi
import pytest

import pulumi_nao
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


@contextmanager
def not_root():
    """Root may read everything; where it runs the tests, nobody in particular looks for the files."""
    if os.geteuid():
        yield
        return
    Path.cwd().chmod(0o755)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


UNREADABLE = {
    "a file": ("config/zones.json", "config/*.json", "config/zones.json"),
    "a file that is named": ("config/zones.json", "config/zones.json", "config/zones.json"),
    "a folder among folders": ("config/deep", "config/*/*.json", "config/deep"),
    "a folder at some depth": ("config/deep", "config/**/*.json", "config/deep"),
    "a folder at some depth, for all": ("config/deep", "config/**", "config/deep"),
    "a folder of a named file": ("config/deep", "config/*/tags.json", "config/deep/tags.json"),
    "the folder before the wildcard": ("config", "config/*.json", "config"),
    "the folder of the file that is named": ("config", "config/zones.json", "config/zones.json"),
}


@pytest.mark.parametrize(("closed", "pattern", "named"), UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.usefixtures("folder")
def test_what_matches_and_cannot_be_read_is_an_error_that_names_it(closed, pattern, named):
    path = Path(closed)
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        with not_root(), pytest.raises(pulumi.RunError) as caught:
            content_digest(pattern)
    finally:
        path.chmod(mode)
    assert str(caught.value) == f"content_digest: '{named}' cannot be read: Permission denied"


@pytest.mark.parametrize("pattern", ["config/*.json", "config/**/*.json", "config/z*", "config/**"])
@pytest.mark.usefixtures("folder")
def test_what_does_not_match_need_not_be_readable(pattern):
    before = content_digest(pattern)
    for closed in (Path("other"), Path("config/.cache")):
        closed.mkdir(mode=0)
    with not_root():
        assert content_digest(pattern) == before


DANGLING = {
    "a file": ("config/more.json", "config/*.json"),
    "a file at some depth": ("config/deep/more.json", "config/**/*.json"),
    "a file that is named": ("config/more.json", "config/more.json"),
    "a file that is named in each folder": ("config/deep/more.json", "config/*/more.json"),
    "anything at some depth": ("config/deep/more", "config/**"),
    "a folder, perhaps, among folders": ("config/more", "config/*/tags.json"),
    "a folder, perhaps, at some depth": ("config/deep/more", "config/**/*.json"),
}


@pytest.mark.parametrize("target", ["absent", "more.json", "zones.json/absent"], ids=["nothing", "itself", "a file"])
@pytest.mark.parametrize(("link", "pattern"), DANGLING.values(), ids=DANGLING)
@pytest.mark.usefixtures("folder")
def test_a_link_that_matches_and_leads_nowhere_is_an_error_that_names_it(link, pattern, target):
    Path(link).symlink_to(Path(link).name if target == "more.json" else target)
    with pytest.raises(pulumi.RunError) as caught:
        content_digest(pattern)
    assert str(caught.value) == f"content_digest: '{link}' cannot be read: it is a link that leads nowhere"


@pytest.mark.parametrize("link", ["config/more.txt", "config/.#zones.json", "more.json"])
@pytest.mark.usefixtures("folder")
def test_a_link_that_does_not_match_may_lead_nowhere(link):
    before = content_digest("config/*.json")
    Path(link).symlink_to("absent")
    assert content_digest("config/*.json") == before


def test_a_folder_that_contains_itself_is_refused(folder):
    (folder / "config" / "again").symlink_to(folder / "config", target_is_directory=True)
    (folder / "config" / "once-more").symlink_to(folder / "config", target_is_directory=True)
    with pytest.raises(pulumi.RunError, match="contains itself through a symbolic link"):
        content_digest("config/**/*.json")


@pytest.mark.parametrize("pattern", ["config/*/**", "config/*/**/*", "config/**/deep/**"])
@pytest.mark.usefixtures("folder")
def test_any_depth_of_folders_begins_in_a_folder(pattern):
    assert content_digest(pattern) == content_digest("config/deep*/*.json")


@pytest.mark.parametrize("pattern", ["config/*/*/*.json", "config/*/*/*/tags.json", "config/deep/**/again/*.json"])
def test_a_folder_that_contains_itself_is_refused_by_every_pattern_that_finds_a_file_there(folder, pattern):
    (folder / "config" / "deep" / "again").symlink_to(folder / "config", target_is_directory=True)
    with pytest.raises(pulumi.RunError, match="contains itself through a symbolic link"):
        content_digest(pattern)


def test_folders_that_contain_themselves_and_nothing_that_matches_are_gone_through_once(folder):
    before = content_digest("config/*.json")
    (folder / "config" / "deep" / "tags.json").unlink()
    for name in ("one", "two", "three"):
        (folder / "config" / "deep" / name).symlink_to(folder / "config" / "deep", target_is_directory=True)
    assert content_digest("config/**/*.json") == before


def test_a_link_to_another_folder_is_followed(folder):
    before = content_digest("config/**/*.json")
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "more.json").write_text("{}")
    (folder / "config" / "more").symlink_to(folder / "elsewhere", target_is_directory=True)
    assert content_digest("config/**/*.json") != before


NFD = "config/zo\u0308ne.json"
LOCALES = {
    "UTF-8": {"PYTHONUTF8": "1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.fixture
def digest_in(folder):
    """Digest in a process of another locale."""
    (folder / NFD).write_text("{}", encoding="utf-8")
    (folder / "süd").mkdir()
    (folder / "süd" / "é.json").write_text("{}", encoding="utf-8")

    def run(locale, pattern):
        script = f"from pulumi_nao import content_digest\nprint(content_digest({pattern!r}))\n"
        (folder / "script.py").write_text(script, encoding="utf-8")
        ended = subprocess.run(
            [sys.executable, "script.py"],
            env={**os.environ, **LOCALES[locale], "PYTHONPATH": str(Path(pulumi_nao.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    return run


@pytest.mark.parametrize("locale", LOCALES)
def test_a_file_name_has_one_digest_in_every_locale(digest_in, locale):
    assert digest_in(locale, "config/z*e.json") == (
        "v1:3ae0000096b8fdd4f99d23afce34344598fd11e80fa82848bac9819507b35d8d"
    )


@pytest.mark.parametrize("pattern", ["süd/*.json", "s*/é.json", "s*/é*", "süd/é.json", "s?d/[é].json", "süd/**"])
def test_a_pattern_with_letters_outside_ascii_finds_the_same_in_every_locale(digest_in, pattern):
    assert digest_in("C", pattern) == digest_in("UTF-8", pattern)


@pytest.mark.parametrize("pattern", ["config/z\u00f6*.json", "config/zo\u0308*.json", "config/z?n[e].json"])
@pytest.mark.parametrize("name", [NFD, "config/z\u00f6ne.json"], ids=["decomposed", "composed"])
def test_a_pattern_finds_a_name_in_either_form_of_accents(folder, name, pattern):
    (folder / name).write_text("{}")
    assert content_digest(pattern) == content_digest("config/z*e.json")


def test_a_name_that_is_no_utf_8_counts_by_its_bytes(folder):
    before = content_digest("config/*.json")
    Path(os.fsdecode(os.fsencode(folder) + b"/config/z\xff.json")).write_text("{}", encoding="utf-8")
    one = content_digest("config/*.json")
    Path(os.fsdecode(os.fsencode(folder) + b"/config/z\xff.json")).rename(
        os.fsdecode(os.fsencode(folder) + b"/config/z\xfe.json")
    )
    assert len({before, one, content_digest("config/*.json")}) == 3
