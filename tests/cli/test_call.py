"""`pulumi-nao call`: what is sent, how each ending is told, and which words are refused before anything is sent."""

import math
import signal
import socket
import subprocess
import sys
from argparse import ArgumentTypeError

import pytest

from pulumi_nao.cli import arguments
from pulumi_nao.simulator import Answer, HangUp
from tests.cli.conftest import KEY, PROGRAM, until

PATH = "sites/910/import"
NAME = f"POST {PATH}"


@pytest.fixture
def nao(nao):
    for method in ("POST", "PUT"):
        nao.add_action(method, PATH)
    return nao


@pytest.fixture
def body(tmp_path):
    file = tmp_path / "rows of today.json"
    file.write_text('{"rows": [1.0, "ü"]}', encoding="utf-8")
    return file


def test_a_call_is_made_and_its_job_awaited(command, nao, body):
    ended = command("call", "POST", PATH, "--body", f"@{body}")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        f"{NAME}: job 48145 accepted, {nao.url}/api/v2/background_jobs/48145\n{NAME}: done in 0 s, job 48145\n"
    )
    assert nao.actions("POST", PATH) == [{"rows": [1, "ü"]}]


def test_a_call_may_be_done_at_once_and_be_written_in_small_letters(command, nao):
    nao.add_action("PUT", PATH, Answer(204))
    ended = command("call", "put", PATH)
    assert ended.code == 0
    assert ended.out.startswith(f"PUT {PATH}: done in ")
    assert ended.out.endswith(" s, without a job\n")
    assert nao.requests[0].body_size == 0


def test_a_body_is_read_from_standard_input(command, nao):
    assert command("call", "POST", PATH, "--body", "@-", input="[1, 2]").code == 0
    assert nao.actions("POST", PATH) == [[1, 2]]


def test_another_account_is_called(outside, nao):
    eu = outside.with_environment(NAO_EU_API_KEY=KEY, NAO_EU_BASE_URL=nao.url)
    assert eu("call", "POST", PATH, "--namespace", "nao-eu").code == 0
    assert nao.actions("POST", PATH) == [None]


REFUSED = f"  Nothing was started: `pulumi-nao call {NAME}` can be run again.\n"
AGAIN = f"  `pulumi-nao call {NAME}` sends it again.\n"
ASKS = f"  Look in NAO Cloud whether it was done; if it was not, `pulumi-nao call {NAME}` sends it again.\n"


@pytest.mark.parametrize(
    ("answer", "code", "words", "step"),
    [
        (Answer(401), 4, "refused by the server: 401 Unauthorized", REFUSED),
        (Answer(404), 4, "refused by the server: 404 Not Found", REFUSED),
        (Answer(422, body={"errors": ["no rows"]}), 4, "The server's words: no rows", REFUSED),
        (Answer(500), 8, "may have started: the server answered 500 Internal Server Error", ASKS),
        (Answer(200, body="<html>"), 8, "may have started: the 200 OK is neither empty nor JSON", ASKS),
        (Answer(303, {"Location": "/login"}), 8, "may have started: the Location names no background job", ASKS),
        (HangUp(after_effect=True), 8, "may have started: the connection was closed without an answer", ASKS),
    ],
    ids=repr,
)
def test_each_answer_has_its_code_and_its_next_step(command, nao, answer, code, words, step):
    nao.script("action", answer)
    ended = command("call", "POST", PATH)
    assert ended.code == code
    assert words in ended.err
    assert ended.err.endswith(step)
    assert nao.count("action") == 1


def test_a_job_that_fails_is_told_in_its_own_words(command, nao):
    nao.add_action("POST", PATH, failure="Column name is missing.")
    ended = command("call", "POST", PATH)
    assert ended.code == 5
    assert ended.err == (
        f"{NAME} failed: Column name is missing.\n"
        f"  Job: {nao.url}/api/v2/background_jobs/48145\n"
        "  Status 'failure' after 0 s.\n"
        f"{AGAIN}"
    )


def test_a_job_that_the_server_no_longer_knows_has_its_code(command, nao):
    nao.script("job", Answer(404), times=None)
    ended = command("call", "POST", PATH)
    assert ended.code == 6
    assert "NAO Cloud has no record of job 48145 any more" in ended.err
    assert ended.err.endswith(ASKS)


def test_a_wait_that_times_out_names_the_way_on(command, nao):
    nao.add_action("POST", PATH, job_seconds=math.inf)
    ended = command("call", "POST", PATH, "--timeout", "300ms")
    assert ended.code == 7
    assert "not finished after 0.3 s, the limit set by --timeout; the job goes on in NAO Cloud" in ended.err
    assert ended.err.endswith("  Go on with `pulumi-nao job 48145 --wait`. Calling again would start a second job.\n")


def test_a_server_that_is_not_there_was_sent_nothing(outside):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = outside.with_environment(NAO_BASE_URL=f"http://127.0.0.1:{port}", NAO_API_KEY=KEY)
    ended = gone("call", "POST", PATH, "--timeout", "1s")
    assert ended.code == 3
    assert ended.err.endswith(REFUSED)


def test_the_next_command_can_be_pasted_as_it_is(command, nao, body):
    nao.script("action", Answer(422))
    ended = command("call", "POST", PATH, "--body", f"@{body}")
    line = ended.err.partition("`")[2].partition("`")[0].replace("pulumi-nao", " ".join(PROGRAM))
    again = subprocess.run(["bash", "-c", line], env=command.environment, capture_output=True, text=True, check=False)
    assert (again.returncode, nao.actions("POST", PATH)) == (0, [{"rows": [1, "ü"]}])


def test_the_next_command_names_the_account(outside, nao):
    eu = outside.with_environment(NAO_EU_API_KEY="wrong-key", NAO_EU_BASE_URL=nao.url)
    ended = eu("call", "POST", PATH, "--namespace", "nao-eu")
    assert ended.err.endswith(f"`pulumi-nao call {NAME} --namespace nao-eu` can be run again.\n")


def test_a_machine_reads_one_object(command, nao, body):
    nao.add_action("POST", PATH, failure="Column name is missing.")
    ended = command("call", "POST", PATH, "--body", f"@{body}", "--json")
    [record] = ended.records
    assert {name: record[name] for name in ("method", "path", "namespace", "outcome", "exit_code", "status")} == {
        "method": "POST",
        "path": PATH,
        "namespace": "nao",
        "outcome": "job_failed",
        "exit_code": 5,
        "status": "failure",
    }
    assert record["error"]["headline"] == f"{NAME} failed: Column name is missing."
    assert "rows" not in ended.out


def test_a_machine_reads_of_a_missing_key_too(outside):
    ended = outside("call", "POST", PATH, "--json")
    [record] = ended.records
    assert (ended.code, record["path"], record["outcome"]) == (3, PATH, "not_sent")
    assert ended.err == "there is no NAO Cloud key\n  Set NAO_API_KEY in the environment.\n  Nothing was sent.\n"


NO_JSON = "the file holds no JSON that can be sent"
TWICE = "the file has a name twice in one JSON object: only one could be sent"
NO_PARTS = "the file holds neither a JSON object nor an array"
FILES = {
    "no JSON": (b"rows", NO_JSON),
    "nothing": (b"", NO_JSON),
    "not a number": (b'{"a": NaN}', NO_JSON),
    "infinity": (b"[-Infinity]", NO_JSON),
    "an overflow": (b"[1e999]", NO_JSON),
    "half a surrogate pair": (b'["\\ud800"]', NO_JSON),
    "JSON of endless depth": (b"[" * 100_000, NO_JSON),
    "JSON that is too deep": (b"[" * 5_000 + b"]" * 5_000, NO_JSON),
    "a name twice": (b'{"rows": [{"a": 1, "b": 2, "a": 1}]}', TWICE),
    "another encoding": (b"\xff\xfe\xff", NO_JSON),
    "null": (b"null", NO_PARTS),
    "a number": (b"5", NO_PARTS),
    "a text": (b'"text"', NO_PARTS),
    "more than 1 MiB": (b'["' + b"x" * 1_100_000 + b'"]', "this is more than 1 MiB as JSON; send it in parts"),
}


@pytest.mark.parametrize(("content", "complaint"), FILES.values(), ids=FILES)
def test_a_file_that_cannot_be_sent_is_refused(tmp_path, content, complaint):
    (tmp_path / "body.json").write_bytes(content)
    with pytest.raises(ArgumentTypeError) as caught:
        arguments.body(f"@{tmp_path / 'body.json'}")
    assert str(caught.value) == complaint


def test_a_file_that_is_refused_ends_the_command(command, nao, tmp_path):
    (tmp_path / "body.json").write_text("rows")
    ended = command("call", "POST", PATH, "--body", f"@{tmp_path / 'body.json'}")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"argument --body: {NO_JSON}\n")
    assert nao.count() == 0


def test_a_standard_input_that_is_closed_is_no_traceback(command, nao):
    line = f"{' '.join(PROGRAM)} call POST {PATH} --body @- <&-"
    ended = subprocess.run(["bash", "-c", line], env=command.environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.endswith("argument --body: standard input is closed\n")
    assert nao.count() == 0


PLACE = "argument PATH: write the address below /api/v2/, such as sites/910/import: letters, digits, _ and -"
FORM = "argument --body: write @ and the name of a file, or @- for standard input"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "the following arguments are required: METHOD, PATH"),
        (["POST"], "the following arguments are required: PATH"),
        (["GET", PATH], "argument METHOD: write POST or PUT"),
        (["DELETE", PATH], "argument METHOD: write POST or PUT"),
        (["POST", f"/{PATH}"], PLACE),
        (["POST", f"/api/v2/{PATH}"], PLACE),
        (["POST", f"{PATH}?x=1"], PLACE),
        (["POST", "sites/../sessions"], PLACE),
        (["POST", "sessions"], "argument PATH: sessions is where keys are made"),
        (["POST", PATH, "--body", '{"rows": []}'], FORM),
        (["POST", PATH, "--body", "body.json"], FORM),
        (["POST", PATH, "--body", "@nowhere.json"], "the file cannot be read: No such file or directory"),
        (["POST", PATH, "--body", "@"], "the file cannot be read: Is a directory"),
        (["POST", PATH, "more"], "pulumi-nao call: error: there are more words than the command takes"),
        (["POST", PATH, "--timeout", "30"], "argument --timeout: write a number with its unit"),
        (["POST", PATH, "--namespace", "N_A"], "argument --namespace: a namespace such as 'nao' is wanted"),
        (["POST", PATH, "--key"], "there is no option for the key"),
    ],
)
def test_bad_words_are_told_with_what_to_write_and_send_nothing(command, nao, words, complaint):
    ended = command("call", *words)
    assert (ended.code, ended.out) == (2, "")
    assert complaint in ended.err
    assert nao.count() == 0


@pytest.mark.parametrize(
    "words",
    [
        ["POST", PATH, "--key", KEY],
        ["POST", PATH, f"--token={KEY}"],
        ["POST", PATH, f"--password={KEY}"],
        ["POST", PATH, "--body", KEY],
        ["POST", PATH, "--body", f"@{KEY}"],
        ["POST", PATH, KEY],
        ["POST", f"x/{KEY}/.."],
        [KEY, PATH],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(command, nao, words):
    ended = command("call", *words)
    assert ended.code == 2
    assert KEY.lower() not in (ended.out + ended.err).lower()
    assert nao.count() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process")
@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["people", "machines"])
def test_ctrl_c_ends_the_wait_and_names_the_way_on(command, nao, json_too):
    nao.add_action("POST", PATH, job_seconds=math.inf)
    with command.started("call", "POST", PATH, *json_too) as process:
        until(lambda: nao.count("job"))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert f"{NAME} not finished: the wait was cancelled after " in err
    assert err.endswith("  Go on with `pulumi-nao job 48145 --wait`. Calling again would start a second job.\n")
    assert ('"outcome": "job_runs_on"' in out) is bool(json_too)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process")
def test_ctrl_c_before_the_body_has_come_sends_nothing(command, nao):
    with command.started("call", "POST", PATH, "--body", "@-", stdin=subprocess.PIPE) as process:
        process.stdin.write("[" + " " * 1_000_000)  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")
    assert nao.count() == 0


def test_calling_from_a_shell_imports_no_pulumi(command):
    code = (
        "import sys; from pulumi_nao.cli import main; code = main(sys.argv[1:]);"
        "sys.exit('imported' if {'pulumi', 'grpc'} & set(sys.modules) else code)"
    )
    words = [sys.executable, "-c", code, "call", "POST", PATH]
    run = subprocess.run(words, env=command.environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
