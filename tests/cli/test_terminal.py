"""On a terminal, a real one as far as the process can tell (a pty)."""

import contextlib
import math
import os
import re
import signal
import subprocess
import time

import pytest

from pulumi_nao.simulator import Answer, Silence
from tests.cli.conftest import until

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

SHOW_CURSOR = "\x1b[?25h"
HIDE_CURSOR = "\x1b[?25l"
NO_FRAMES = """
import rich.live
def start(_thread):
    raise RuntimeError("can't start new thread")
rich.live._RefreshThread.start = start
"""


class Terminal:
    """Takes what a process writes to a terminal of 100 columns and 24 lines."""

    def __init__(self):
        self.master, self.slave = pty.openpty()
        self.text = ""

    def read(self):
        with contextlib.suppress(OSError):  # the last process has left
            self.text += os.read(self.master, 65536).decode()

    def until(self, wanted):
        deadline = time.monotonic() + 60
        while wanted not in self.plain:
            assert time.monotonic() < deadline, self.plain
            self.read()

    def all(self, process):
        """Everything up to the end of the process."""
        os.close(self.slave)
        while True:
            before = self.text
            self.read()
            if self.text == before:
                break
        process.wait(timeout=30)
        return self.plain

    @property
    def plain(self):
        """Without colours and cursor movements."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text).replace("\r\n", "\n")


@pytest.fixture
def terminal():
    terminal = Terminal()
    yield terminal
    os.close(terminal.master)


@pytest.fixture
def seated(command):
    """The command with the environment of somebody at a terminal."""
    environment = {name: value for name, value in command.environment.items() if name not in ("CI", "NO_COLOR")}
    return type(command)({**environment, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "24"})


def run(command, terminal, *words, **streams):
    with command.started(*words, **{"stdout": terminal.slave, "stderr": terminal.slave, **streams}) as process:
        return terminal.all(process), process


def test_a_row_shows_what_runs_and_a_line_stays_when_it_is_done(seated, terminal, nao):
    nao.add_site(913, job_seconds=math.inf)
    with seated.started("publish", "913", stdout=terminal.slave, stderr=terminal.slave) as process:
        terminal.until("publication of site 913: job 48145 accepted")
        assert HIDE_CURSOR in terminal.text
        nao.finish_job("48145")
        shown = terminal.all(process)
    assert process.returncode == 0
    assert "✓ publication of site 913: done in " in shown
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)


def test_several_sites_are_counted_below(seated, terminal, nao):
    nao.add_site(913, job_seconds=math.inf)
    words = ("publish", "910", "911", "913")
    with seated.started(*words, stdout=terminal.slave, stderr=terminal.slave) as process:
        terminal.until("2 of 3 ended, 1 not done, 1 running")
        until(lambda: nao.publications(913))  # what runs may not have been sent yet
        nao.finish_job(next(job.id for job in nao.jobs if job.site_id == 913))
        shown = terminal.all(process)
    assert "✗ publication of site 911 failed: Missing graph or indoor area. Please add.\n" in shown
    assert shown.endswith("3 sites: 2 done, 1 failed\n")


def test_errors_reach_their_own_stream_when_it_leads_elsewhere(seated, terminal, tmp_path):
    with (tmp_path / "errors").open("w") as errors:
        shown, process = run(seated, terminal, "publish", "911", stderr=errors)
    assert process.returncode == 5
    assert "✗ publication of site 911 failed" in shown
    assert (tmp_path / "errors").read_text().startswith("publication of site 911 failed: Missing graph")


def test_no_words_of_a_server_are_taken_for_markup(seated, terminal, nao):
    attributes = {"status": "failure", "message": "[bold]no[/nothing]", "has_finished": True}
    nao.script("job", Answer(200, body={"data": {"attributes": attributes}}))
    shown, process = run(seated, terminal, "publish", "910")
    assert process.returncode == 5
    assert "failed: [bold]no[/nothing]\n" in shown


def test_ctrl_c_ends_the_display_and_names_the_job(seated, terminal, nao):
    nao.add_site(913, job_seconds=math.inf)
    with seated.started("publish", "913", stdout=terminal.slave, stderr=terminal.slave) as process:
        terminal.until("job 48145 accepted")
        process.send_signal(signal.SIGINT)
        shown = terminal.all(process)
    assert process.returncode == 7
    assert "Go on with `pulumi-nao job 48145 --wait`." in shown
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)


def test_a_second_ctrl_c_leaves_the_cursor_visible(seated, terminal, nao):
    nao.script("publish", Silence())
    with seated.started("publish", "910", stdout=terminal.slave, stderr=terminal.slave) as process:
        terminal.until("publication of site 910: starting")
        until(lambda: nao.count("publish"))
        process.send_signal(signal.SIGINT)
        terminal.until("Ending the wait")
        process.send_signal(signal.SIGINT)
        terminal.all(process)
    assert process.returncode == -signal.SIGINT
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)


def test_without_a_thread_that_draws_what_has_ended_is_shown(seated, terminal, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_FRAMES)
    shown, process = run(seated.with_environment(PYTHONPATH=str(tmp_path)), terminal, "publish", "910", "911")
    assert process.returncode == 5
    assert "✓ publication of site 910: done in " in shown
    assert shown.endswith("2 sites: 1 done, 1 failed\n")
    assert terminal.text.rindex(SHOW_CURSOR) > terminal.text.rindex(HIDE_CURSOR)


@pytest.mark.parametrize("setting", [{"CI": "true"}, {"TERM": "dumb"}])
def test_plain_lines_where_a_display_would_spoil_the_log(seated, terminal, setting):
    shown, process = run(seated.with_environment(**setting), terminal, "publish", "910")
    assert process.returncode == 0
    assert shown.endswith("publication of site 910: done in 0 s, job 48145\n")
    assert "\x1b" not in terminal.text


def test_without_rich_there_are_plain_lines_and_a_hint(seated, terminal, tmp_path):
    (tmp_path / "rich.py").write_text("raise ImportError\n")
    bare = seated.with_environment(PYTHONPATH=str(tmp_path))
    shown, process = run(bare, terminal, "publish", "910")
    assert process.returncode == 0
    assert shown.startswith("For a live display on this terminal: pip install 'pulumi-nao[terminal]'\n")
    assert shown.endswith("publication of site 910: done in 0 s, job 48145\n")


def test_json_on_a_pipe_leaves_the_display_to_standard_error(seated, terminal, nao):
    with seated.started("publish", "910", "--json", stdout=subprocess.PIPE, stderr=terminal.slave) as process:
        out = process.stdout.read()
        shown = terminal.all(process)
    assert '"outcome": "done"' in out
    assert "✓ publication of site 910: done in 0 s, job 48145\n" in shown
    assert nao.publications(910) == 1


def test_no_colour_for_those_who_want_none(seated, terminal):
    run(seated.with_environment(NO_COLOR="1"), terminal, "publish", "911")
    assert "\x1b[31m" not in terminal.text


def test_a_terminal_without_unicode_gets_ascii(seated, terminal):
    with seated.with_environment(PYTHONIOENCODING="ascii").started(
        "publish", "910", "911", stdout=terminal.slave, stderr=terminal.slave
    ) as process:
        shown = terminal.all(process)
    assert process.returncode == 5
    assert "ok publication of site 910: done in 0 s" in shown
    assert shown.isascii()
