"""The pipeline for GitLab CI: its own shell lines, on the engine."""

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


def test_one_job_at_a_time_touches_the_stack_and_no_newer_pipeline_kills_it(project):
    for name in ("publish", "recover"):
        settings = GitLabJob(name, project).settings
        assert settings["resource_group"] == "publish-production"
        assert settings["interruptible"] is False
        assert settings["retry"] == 0


def test_the_recovery_is_started_by_hand(project):
    assert [rule["when"] for rule in GitLabJob("recover", project).settings["rules"]] == ["manual"]
