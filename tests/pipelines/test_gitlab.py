"""The pipeline for GitLab CI: its own shell lines, on the engine."""

import os
import signal

from tests.examples.project import read_until
from tests.pipelines.steps import GitLabJob


def test_the_preview_works_without_a_key_and_sends_nothing(project):
    run = GitLabJob("preview", project).run()
    assert run.green, run.output
    assert project.nao.count() == 0


def test_the_publish_job_publishes_once_and_the_recovery_changes_nothing(project):
    run = GitLabJob("publish", project).run()
    assert run.green, run.output
    recovery = GitLabJob("recover", project).run()
    assert recovery.green, recovery.output
    assert GitLabJob("publish", project).run().green
    assert project.nao.publications(910) == 1


def test_a_failed_job_makes_the_run_red_with_its_own_words(project):
    project.nao.add_site(910, graph=False)
    run = GitLabJob("publish", project).run()
    assert run.code != 0
    assert "publication of site 910 failed: Missing graph or indoor area. Please add." in run.output


def test_a_cancelled_run_whose_processes_are_all_told_records_its_job_and_the_rerun_waits_for_it(project):
    project.nao.add_site(910, job_seconds=60)
    with GitLabJob("publish", project).start() as process:
        read_until(process, "job 48145 accepted")
        os.killpg(process.pid, signal.SIGTERM)  # as an executor does that passes the signal on
        output = process.communicate(timeout=120)[0]
    assert process.returncode != 0
    assert "the wait was cancelled" in output
    project.nao.finish_job("48145")
    run = GitLabJob("publish", project).run()
    assert run.green, run.output
    assert project.nao.publications(910) == 1


def test_one_job_at_a_time_touches_the_stack_and_no_newer_pipeline_kills_it(project):
    for name in ("publish", "recover"):
        settings = GitLabJob(name, project).settings
        assert settings["resource_group"] == "publish-production"
        assert settings["interruptible"] is False
        assert settings["retry"] == 0


def test_the_recovery_is_started_by_hand(project):
    assert [rule["when"] for rule in GitLabJob("recover", project).settings["rules"]] == ["manual"]
