"""The build: whole or not there at all, once for everybody, and seen while it runs. A script stands in for Go."""

import io
import signal
import sys

import pytest

from tests.core.fake_clock import FakeClock
from tests.tools.machine import runs, wait_until

# Where the stand-in for Go waits, in the middle of a build, until the test has done its part.
HOLD = """pid = pathlib.Path({pid!r}); pid.write_text(str(os.getpid())); pid.replace({started!r})
    while not os.path.exists({go_on!r}): time.sleep(0.02)"""


class HeldBuild:
    def __init__(self, folder):
        self.started = folder / "started"
        self.go_on = folder / "go-on"
        self.then = HOLD.format(pid=str(folder / "pid"), started=str(self.started), go_on=str(self.go_on))

    def wait(self):
        wait_until(self.started.exists)
        return int(self.started.read_text())


@pytest.fixture
def held(machine):
    held = HeldBuild(machine.folder)
    machine.go(held.then)
    return held


def test_a_build_holds_the_cli_and_its_three_companions(machine):
    machine.go()
    machine.find()
    assert sorted(file.name for file in machine.cache.glob("built-*/bin/*")) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-resource-pulumi-python",
    ]


def test_a_go_that_fails_gives_its_words_as_the_reason(machine):
    machine.go('sys.exit("# made.up/first\\nfirst.go:1: no\\nfirst.go:2: no\\nfirst.go:3: no")')
    answer = machine.find()
    reason = "`go build` failed: # made.up/first; first.go:1: no; first.go:2: no (and 1 more lines)"
    assert answer.code == 1
    assert f"  - a build from the Go module: {reason}\n" in answer.err
    assert machine.unfinished() == []


def test_a_result_of_another_version_is_refused(machine):
    machine.go('arguments = [a.replace("Version=v3", "Version=v2") for a in arguments]')
    assert "the result calls itself 2." in machine.find().err
    assert list(machine.cache.glob("built-*")) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_ends_go_too_and_leaves_nothing_half_done(machine, held, number, code):
    with machine.finding() as finding:
        go = held.wait()
        finding.send_signal(number)
        _, told = finding.communicate()
    assert finding.returncode == code
    assert "Traceback" not in told
    assert not runs(go)
    assert [file.name for file in machine.cache.iterdir()] == ["build.lock"]


def test_what_a_killed_build_left_is_cleared_by_the_next_one(machine, held):
    with machine.finding() as finding:
        held.wait()
        finding.kill()
        finding.communicate()
    assert len(machine.unfinished()) == 1
    held.go_on.touch()
    assert machine.find().code == 0
    assert machine.unfinished() == []


def test_two_at_a_time_build_once(machine, held):
    with machine.finding() as first:
        held.wait()
        with machine.finding() as second:
            while "waiting" not in (line := second.stderr.readline()):
                assert line
            held.go_on.touch()
            answers = [process.communicate()[0] for process in (first, second)]
    assert line == "engine: another process is building, waiting\n"
    assert answers[0] == answers[1] != ""
    assert machine.times_built() == 1


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock():
    return FakeClock()


def test_a_log_gets_a_line_every_twenty_seconds(module, clock):
    log = io.StringIO()
    progress = module("progress_line").ProgressLine(log, clock.monotonic)
    for clock.time in range(90):
        progress.show(f"{clock.time} packages")
    progress.clear()
    assert log.getvalue() == (
        "engine: 20 packages, 0:20\nengine: 40 packages, 0:40\nengine: 60 packages, 1:00\nengine: 80 packages, 1:20\n"
    )


def test_a_terminal_gets_one_line_rewritten_and_taken_away(module, clock):
    terminal = Terminal()
    progress = module("progress_line").ProgressLine(terminal, clock.monotonic)
    for clock.time in (1, 2):
        progress.show(f"{clock.time} packages")
    progress.clear()
    assert terminal.getvalue() == "\rengine: 1 packages, 0:01\x1b[K\rengine: 2 packages, 0:02\x1b[K\r\x1b[K"


def test_a_terminal_line_is_cut_to_the_width(module, clock, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    progress = module("progress_line").ProgressLine(terminal, clock.monotonic)
    clock.time = 1
    progress.show("a long state of things")
    assert terminal.getvalue() == "\rengine: a long stat\x1b[K"


def test_a_command_over_its_limit_is_ended_with_all_it_started(module, tmp_path):
    error = module("found").EngineError
    pid = tmp_path / "pid"
    code = f"""
import pathlib, subprocess, sys, time
started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
pathlib.Path({str(pid)!r}).write_text(str(started.pid))
time.sleep(60)
"""
    with pytest.raises(error, match="it was not done after 1 seconds"):
        module("child_process").follow([sys.executable, "-c", code], env={}, cwd=tmp_path, on_line=str, limit=1.0)
    wait_until(lambda: not runs(int(pid.read_text())))


def test_a_quiet_command_still_lets_the_time_be_shown(module, tmp_path, monkeypatch):
    child_process = module("child_process")
    monkeypatch.setattr(child_process, "_QUIET", 0.01)
    lines = []
    child_process.follow(
        [sys.executable, "-c", "import sys, time; time.sleep(0.3); sys.exit('the end')"],
        env={},
        cwd=tmp_path,
        on_line=lines.append,
    )
    assert set(lines) == {"", "the end"}
