"""Standard output and error that are closed, full, or unable to show every character."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_nao.simulator import Answer
from tests.cli.conftest import PROGRAM


def shell(command, line):
    """Run a line of shell, `$NAO` standing for the command."""
    environment = {**command.environment, "NAO": " ".join(PROGRAM)}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {line}"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_reader_that_leaves_ends_no_publication(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    with command.started("publish", "913") as process:
        assert "accepted" in process.stdout.readline()
        process.stdout.close()
        nao.finish_job("48145")
        err = process.stderr.read()
        process.wait(timeout=30)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize("words", ["--help", "publish --help", "publish 910", "job 48145 --json", "doctor"])
def test_a_closed_pipe_is_no_traceback(command, words):
    command("publish", "910")
    ended = shell(command, f"$NAO {words} | true")
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr


def test_a_simulator_whose_reader_has_gone_ends_without_a_traceback(command):
    reader, writer = os.pipe()
    os.close(reader)
    with command.started("simulate", "--port", "0", stdout=writer) as process:
        os.close(writer)
        err = process.stderr.read()
        process.wait(timeout=30)
    assert (process.returncode, err) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_output_that_could_not_be_written_is_no_success(command, nao):
    ended = shell(command, "$NAO publish 910 --json > /dev/full")
    assert ended.returncode == 1
    assert ended.stderr.endswith("the output could not be written: No space left on device\n")
    assert nao.publications(910) == 1


def test_a_failure_keeps_its_code_when_the_output_cannot_be_written(command):
    assert shell(command, "$NAO publish 911 --json > /dev/full").returncode == 5


def test_closed_streams_keep_nobody_from_publishing(command, nao):
    assert shell(command, "$NAO publish 910 >&- 2>&-").returncode == 0
    assert nao.publications(910) == 1


def test_letters_that_the_output_does_not_have_are_escaped(command, nao):
    attributes = {"status": "failure", "message": "Übergröße", "has_finished": True}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    ended = command.with_environment(PYTHONIOENCODING="ascii")("publish", "910")
    assert ended.code == 5
    assert r"failed: \xdcbergr\xf6\xdfe" in ended.err


def test_what_a_server_says_cannot_steer_the_terminal(command, nao):
    attributes = {"status": "failure", "message": "\x1b]0;title\x07\x1b[2Jno", "has_finished": True}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    ended = command("publish", "910")
    assert ended.err.startswith("publication of site 910 failed: no\n")


def test_python_m_is_the_same_command(command):
    script = Path(sys.executable).with_name("pulumi-nao")
    run = subprocess.run([script, "--version"], env=command.environment, capture_output=True, text=True, check=True)
    assert run.stdout == command("--version").out
