"""A program that Pulumi interrupts: what is shown, and what is not. A script of the runner's name stands for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

import pulumi_nao

RUNNER = "pulumi-language-python-exec"
QUIETEN = """
    import signal
    import asyncio
    from pulumi_nao.program import quiet_end

    quiet_end.quieten()
    quiet_end.quieten()
"""
WAIT = """
    loop = asyncio.new_event_loop()
    loop.call_soon(signal.raise_signal, signal.SIGINT)
"""


@pytest.fixture
def run(tmp_path):
    def run(*parts, name=RUNNER):
        script = tmp_path / name
        script.write_text("".join(dedent(part) for part in (QUIETEN, *parts)), encoding="utf-8")
        return subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, "PYTHONPATH": str(Path(pulumi_nao.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_an_interrupt_of_the_waiting_runner_is_not_shown(run):
    assert run(WAIT, "loop.run_forever()").stderr == ""


def test_the_process_ends_as_an_interrupted_one_all_the_same(run):
    assert run(WAIT, "loop.run_forever()").returncode != 0


def test_threads_whose_registrations_get_no_answer_do_not_hold_up_the_end(run):
    unanswered = run(
        """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        ThreadPoolExecutor(1).submit(threading.Event().wait, 300)
        """,
        WAIT,
        "loop.run_forever()",
    )
    assert (unanswered.returncode, unanswered.stderr) == (-signal.SIGINT, "")


def test_what_the_program_has_printed_is_not_lost(run):
    assert run("print('2 sites', end='')", WAIT, "loop.run_forever()").stdout == "2 sites"


def test_a_second_interrupt_while_the_runner_tidies_up_is_not_shown(run):
    tidied_up = run(
        WAIT,
        """
        try:
            loop.run_forever()
        finally:
            signal.raise_signal(signal.SIGINT)
        """,
    )
    assert tidied_up.stderr == ""


def test_an_interrupt_of_the_programs_own_code_is_shown(run, tmp_path):
    (tmp_path / "own.py").write_text("import signal\n\ndef busy():\n    signal.raise_signal(2)\n", encoding="utf-8")
    assert "in busy" in run("import own; own.busy()").stderr


def test_any_other_exception_is_shown(run):
    assert "ValueError: zones" in run("raise ValueError('zones')").stderr


def test_an_exception_that_an_interrupt_follows_is_shown(run):
    followed = run(
        """
        try:
            raise ValueError("zones")
        finally:
            signal.raise_signal(signal.SIGINT)
        """
    )
    assert "ValueError: zones" in followed.stderr


def test_another_process_than_the_runner_is_left_as_it_is(run):
    assert "KeyboardInterrupt" in run(WAIT, "loop.run_forever()", name="publish_all.py").stderr
