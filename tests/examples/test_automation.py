"""`publish.py`, called as a web hook would call it."""

import os
import signal

import psutil
import pytest

from tests.engine.stack import KEY
from tests.examples.project import read_until
from tests.tools.machine import runs, wait_until

CALL = ".venv/bin/python publish.py 910 --order TICKET-17"


@pytest.fixture(autouse=True)
def _key(project):
    project.environment["NAO_API_KEY"] = KEY


def test_an_order_is_published_once_and_its_events_are_shown(example):
    example.run("Set up")
    output = example.run("Publish")
    assert example.nao.publications(910) == 1
    assert "create site\n" in output
    assert "job 48145 accepted" in output
    assert f"\npublished: {example.nao.url}/api/v2/background_jobs/48145\n" in output
    assert f"\nalready published: {example.nao.url}/api/v2/background_jobs/48145\n" in output
    assert example.publishes("Publish for another order") == 1
    assert example.publishes("Clean up") == 0


def test_a_failed_job_is_told_in_its_own_words_and_by_the_exit_code(project):
    project.nao.add_site(910, graph=False)
    run = project.command(CALL)
    assert run.code == 1
    assert "error: publication of site 910 failed: Missing graph or indoor area. Please add.\n" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize("end", [os.killpg, os.kill], ids=["Ctrl-C of a terminal", "SIGTERM to the script alone"])
def test_a_signal_records_the_job_leaves_no_process_and_the_next_call_goes_on_with_it(project, end):
    project.nao.add_site(910, job_seconds=60)
    with project.start(CALL) as process:
        read_until(process, "job 48145 accepted")
        below = psutil.Process(process.pid).children(recursive=True)
        end(process.pid, signal.SIGINT if end is os.killpg else signal.SIGTERM)
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 1
    assert "error: publication of site 910 not finished: the wait was cancelled" in output
    assert "Traceback" not in output
    wait_until(lambda: not any(runs(child.pid) for child in below))
    project.nao.finish_job("48145")
    run = project.command(CALL)
    assert run.green, run.output
    assert project.nao.publications(910) == 1


def test_with_nohup_it_outlives_the_terminal(project):
    project.nao.add_site(910, job_seconds=60)
    with project.start(f"nohup {CALL}") as process:
        read_until(process, "job 48145 accepted")
        process.send_signal(signal.SIGHUP)
        project.nao.finish_job("48145")
        assert process.communicate(timeout=120)[0].startswith("published")
    assert process.returncode == 0


def test_a_signal_before_pulumi_begins_is_told_in_a_line(project):
    stuck = project.folder / "bin" / "pulumi"
    stuck.parent.mkdir()
    stuck.write_text("#!/bin/sh\ntouch bin/called\nexec sleep 60\n")
    stuck.chmod(0o755)
    project.environment["PATH"] = f"{stuck.parent}{os.pathsep}{project.environment['PATH']}"
    with project.start(CALL) as process:
        wait_until((stuck.parent / "called").exists, seconds=60)
        process.terminate()
        output = process.communicate(timeout=120)[0]
    assert process.returncode == 1
    assert output == "error: Pulumi was ended before it began to publish\n"


def test_what_stops_pulumi_before_it_begins_is_told_in_its_own_words(project):
    project.environment["PULUMI_BACKEND_URL"] = (project.folder / "nowhere").as_uri()
    run = project.command(CALL)
    assert run.code == 1
    assert run.output.startswith("error: ")
    assert "nowhere" in run.output
    assert "Traceback" not in run.output


def test_a_second_call_for_a_site_is_told_to_come_later(project):
    project.nao.add_site(910, job_seconds=60)
    with project.start(CALL) as process:
        read_until(process, "job 48145 accepted")
        run = project.command(CALL)
        project.nao.finish_job("48145")
        assert process.communicate(timeout=120)[0].startswith("published")
    assert run.code == 75
    assert run.output.startswith("site 910 is being published by another call")
