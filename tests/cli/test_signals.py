"""Ctrl-C, SIGTERM and SIGHUP, sent to a real process at a known moment."""

import math
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from pulumi_nao.cli.stop import stopping
from pulumi_nao.simulator import Silence
from tests.cli.conftest import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signals to a process")


@pytest.fixture
def nao(nao):
    nao.add_site(913, job_seconds=math.inf)
    return nao


@pytest.fixture
def heeded():
    """Hang-ups count, though the tests themselves may run under `nohup`, which is passed on."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@contextmanager
def waiting(command, nao, *words):
    """The command once the server has been looked at for the first job."""
    with command.started(*words) as process:
        until(lambda: nao.count("job"))
        yield process


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_wait_names_the_job_and_the_way_on(command, nao, name):
    with waiting(command, nao, "publish", "913") as process:
        process.send_signal(getattr(signal, name))
        out, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert f"job 48145 accepted, {nao.url}/api/v2/background_jobs/48145" in out
    stopping, headline, *rest = err.splitlines()
    assert stopping == "Ending the wait: jobs that were started go on in NAO Cloud. Ctrl-C again ends at once."
    assert headline.startswith("publication of site 913 not finished: the wait was cancelled after ")
    assert rest[-1] == "  Go on with `pulumi-nao job 48145 --wait`. Publishing again would start a second job."


def test_a_closed_terminal_ends_nothing_under_nohup():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping(lambda: None) as asked:
            signal.raise_signal(signal.SIGHUP)
        assert not asked.is_set()
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.timeout(30)
def test_a_signal_within_the_event_that_it_sets_does_not_hang():
    with stopping(lambda: None) as asked:
        with asked._cond:  # as `wait` holds it while it begins and ends
            signal.raise_signal(signal.SIGINT)
        assert asked.wait(10)


def test_sites_that_had_to_wait_are_not_sent_after_a_signal(command, nao):
    one_at_a_time = command.with_environment(NAO_CONCURRENCY="1")
    with waiting(one_at_a_time, nao, "publish", "913", "910", "912") as process:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert out.endswith("3 sites: 2 not sent, 1 still running\n")
    assert "publication of site 910 not sent: cancelled before it began\n" in err
    assert (nao.publications(910), nao.publications(912)) == (0, 0)


def test_a_second_signal_ends_the_process_at_once(command, nao):
    nao.script("publish", Silence())
    with command.started("publish", "910") as process:
        until(lambda: nao.count("publish"))
        process.send_signal(signal.SIGINT)
        assert "Ending the wait" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=5)
    assert process.returncode == -signal.SIGINT


HALTED = """
import signal, threading
from pulumi_nao.cli.stop import stopping
with stopping(threading.Event().wait) as asked:  # as a write to a terminal that was halted with Ctrl-S
    signal.raise_signal(signal.SIGINT)
    asked.wait(10)
    signal.raise_signal(signal.SIGINT)
"""


def test_a_second_signal_ends_the_process_also_where_the_terminal_takes_no_text():
    assert subprocess.run([sys.executable, "-c", HALTED], timeout=30, check=False).returncode == -signal.SIGINT


def test_a_signal_awaits_the_answer_that_names_the_job(command, nao):
    nao.script("publish", Silence(2))
    with command.started("publish", "913") as process:
        until(lambda: nao.count("publish"))
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert "`pulumi-nao job 48145 --wait`" in err


def test_a_signal_ends_the_wait_for_a_job(command, nao):
    command("publish", "913", "--timeout", "100ms")
    looks = nao.count("job")
    with command.started("job", "48145", "--wait") as process:
        until(lambda: nao.count("job") > looks)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert err.startswith("job 48145 not finished: the wait was cancelled after ")
    assert err.endswith("  Go on with `pulumi-nao job 48145 --wait`.\n")


def test_ctrl_c_ends_the_doctor_without_a_traceback(command, nao):
    nao.script("job", Silence())
    with command.started("doctor") as process:
        until(lambda: nao.count("job"))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")


def test_a_json_reader_gets_its_line_after_a_signal(command, nao):
    with waiting(command, nao, "publish", "913", "--json") as process:
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    assert '"outcome": "job_runs_on", "exit_code": 7' in out
    assert '"job_id": "48145"' in out


def test_the_named_command_goes_on_to_the_end(command, nao):
    with waiting(command, nao, "publish", "913") as process:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    nao.finish_job("48145")
    words = err.partition("`pulumi-nao ")[2].partition("`")[0].split()
    ended = command(*words)
    assert (ended.code, nao.publications(913)) == (0, 1)


def test_the_process_of_a_killed_command_leaves_the_job_in_its_log(command, nao):
    with waiting(command, nao, "publish", "913", "910") as process:
        process.kill()
        out, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert "job 48145 accepted" in out
