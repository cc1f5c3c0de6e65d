import subprocess
import sys

import pytest

from tests.cli.conftest import KEY


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["publish"], "the following arguments are required: SITE"),
        (["publish", "warehouse"], "argument SITE: write a site's number, a whole number above 0, such as 910 or"),
        (["publish", "0"], "argument SITE: write a site's number"),
        (["publish", "-5"], "argument SITE: write a site's number"),
        (["publish", "9.5"], "argument SITE: write a site's number"),
        (["publish", "9007199254740992"], "argument SITE: write a site's number"),
        (["publish", "٩١٠"], "argument SITE: write a site's number"),
        (["publish", "NAO:910"], "argument SITE: a namespace such as 'nao' is wanted: use lower-case letters"),
        (["publish", ":910"], "argument SITE: a namespace such as 'nao' is wanted"),
        (["publish", "910", "--timeout", "30"], "argument --timeout: write a number with its unit, such as 90s"),
        (["publish", "910", "--timeout", "0s"], "argument --timeout: a time-out is from 100ms to 168h"),
        (["publish", "910", "--timeout", "169h"], "argument --timeout: a time-out is from 100ms to 168h"),
        (["publish", "910", "--namespace", "N_A"], "argument --namespace: a namespace such as 'nao' is wanted"),
        (["publish", "910", "--time", "30m"], "pulumi-nao publish: error: there is no option --time"),
        (["job"], "the following arguments are required: JOB"),
        (["job", "next"], "argument JOB: write a job's number, such as 48145, or its address from a log"),
        (["job", "https://x/jobs/7"], "argument JOB: write a job's number"),
        (["job", "48145", "48146"], "pulumi-nao job: error: there are more words than the command takes"),
        (["job", "48145", "--timeout", "never"], "argument --timeout: write a number with its unit"),
        (["job", "48145", "--namespace", ""], "argument --namespace: a namespace such as 'nao' is wanted"),
        ([], "the following arguments are required: COMMAND"),
        (["unpublish", "910"], "invalid choice: 'unpublish'"),
    ],
)
def test_bad_words_are_told_with_what_to_write_and_send_nothing(command, nao, words, complaint):
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
    assert nao.count() == 0


@pytest.mark.parametrize(
    "words",
    [
        ["publish", "910", "--key", KEY],
        ["publish", "910", f"--api-key={KEY}"],
        ["job", "48145", "--token", KEY],
        ["publish", "910", f"--password={KEY}"],
        ["publish", KEY],
        ["publish", "910", "--timeout", KEY],
        ["job", KEY],
        ["job", "48145", KEY],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(command, words):
    ended = command(*words)
    assert ended.code == 2
    assert KEY not in ended.out + ended.err


def test_who_looks_for_a_key_option_learns_why_there_is_none(command):
    assert "other users of a machine can see command lines; set NAO_API_KEY" in command("publish", "1", "--key").err


@pytest.mark.parametrize("words", [["--help"], ["publish", "--help"], ["job", "--help"]])
def test_help_needs_nothing(outside, words):
    ended = outside(*words)
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize("words", [["publish", "910"], ["job", "48145", "--wait"]])
def test_publishing_from_a_shell_imports_no_pulumi(command, words):
    command("publish", "910")
    code = (
        "import sys; from pulumi_nao.cli import main; code = main(sys.argv[1:]);"
        "sys.exit('imported' if {'pulumi', 'grpc'} & set(sys.modules) else code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *words], env=command.environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_the_version_needs_not_even_requests():
    code = (
        "import sys; from pulumi_nao.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit: print({'requests', 'pydantic', 'pulumi'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[1] == "set()"
