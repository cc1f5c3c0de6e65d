"""The workflows for GitHub Actions: their own shell lines, on the engine."""

import signal

import pytest
import yaml

from tests.examples.project import read_until
from tests.pipelines.steps import PIPELINES, GitHubJob, kill

pytestmark = pytest.mark.timeout(400)  # several runs in a row, on machines that may be slow


def _workflow(file):
    return yaml.safe_load((PIPELINES / "github" / file).read_text())


def test_the_preview_works_without_a_key_and_sends_nothing(project):
    job = GitHubJob("publish.yml", "preview", project)
    assert job.variables == {"STACK", "PULUMI_ACCESS_TOKEN"}
    run = job.run()
    assert run.green, run.output
    assert "+ 2 to create" in run.output
    assert project.nao.count() == 0


def test_the_publish_job_publishes_once_and_its_rerun_sends_nothing(project):
    job = GitHubJob("publish.yml", "publish", project)
    run = job.run()
    assert run.green, run.output
    assert project.nao.publications(910) == 1
    assert job.run().green
    assert project.nao.publications(910) == 1


def test_a_failed_job_makes_the_run_red_with_its_own_words_and_the_rerun_publishes_again(project):
    project.nao.add_site(910, graph=False)
    job = GitHubJob("publish.yml", "publish", project)
    run = job.run()
    assert run.code != 0
    assert "publication of site 910 failed: Missing graph or indoor area. Please add." in run.output
    project.nao.add_site(910)
    assert job.run().green
    assert project.nao.publications(910) == 2


def test_a_cancelled_run_records_its_job_and_the_rerun_waits_for_it(project):
    project.nao.add_site(910, job_seconds=60)
    job = GitHubJob("publish.yml", "publish", project)
    with job.start() as process:
        read_until(process, "job 48145 accepted")
        process.send_signal(signal.SIGINT)  # to the step's own process alone, as a runner does
        output = process.communicate(timeout=120)[0]
    assert process.returncode != 0
    assert "the wait was cancelled" in output
    project.nao.finish_job("48145")
    assert job.run().green
    assert project.nao.publications(910) == 1


def test_the_recovery_frees_a_stack_whose_runner_was_lost(project):
    project.nao.add_site(910, job_seconds=60)
    publish = GitHubJob("publish.yml", "publish", project)
    with publish.start() as process:
        read_until(process, "job 48145 accepted")
        kill(process)
    assert "the stack is currently locked" in publish.run().output
    recovery = GitHubJob("recover.yml", "recover", project).run()
    assert recovery.green, recovery.output
    project.nao.add_site(910)
    run = publish.run()
    assert run.green, run.output
    assert project.nao.publications(910) == 2


def test_the_recovery_is_started_by_hand_and_waits_for_the_publications():
    recover, publish = _workflow("recover.yml"), _workflow("publish.yml")
    assert set(recover[True]) == {"workflow_dispatch"}  # YAML 1.1 reads `on` as true
    groups = [recover["jobs"]["recover"]["concurrency"], publish["jobs"]["publish"]["concurrency"]]
    assert groups == [{"group": "publish-production", "cancel-in-progress": False}] * 2


def test_the_time_limits_leave_the_first_word_to_the_wait():
    job = _workflow("publish.yml")["jobs"]["publish"]
    step = job["steps"][-1]
    assert step["env"]["NAO_TIMEOUT"] == "30m"
    assert 30 < step["timeout-minutes"] < job["timeout-minutes"]
