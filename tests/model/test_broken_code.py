"""The model can fail: each way of breaking the code that is listed here breaks a promise that it checks."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from pulumi_nao import attempt, jobs, lifecycle
from pulumi_nao.attempt import Attempt
from pulumi_nao.cloud.answer import Answer
from pulumi_nao.cloud.exchange import Exchange
from pulumi_nao.errors import JobFailed, JobRunsOn, MayHaveStarted, PollFailed
from pulumi_nao.host.dynamic import DynamicHost
from pulumi_nao.lifecycle import Change, Outcome, Runner
from pulumi_nao.models import JobState
from pulumi_nao.resources import operations
from pulumi_nao.waiting.clock import Deadline, Limit
from tests.model.judge import PromiseBroken
from tests.model.test_engine_actions import EngineActions

LONG_ENOUGH = settings(
    max_examples=400,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
    print_blob=False,
)

run, resume, refresh = Runner._run, Runner._resume, Runner.refresh
start, shown, difference = jobs.start, jobs._Wait._shown, lifecycle.difference


def may_have_started_is_not_recorded(patch):
    def broken(*arguments):
        outcome = run(*arguments)
        return Outcome(None, outcome.error) if isinstance(outcome.error, MayHaveStarted) else outcome

    patch.setattr(Runner, "_run", broken)


def a_failed_job_is_not_recorded(patch):
    def broken(*arguments):
        outcome = run(*arguments)
        return Outcome(None, outcome.error) if isinstance(outcome.error, JobFailed) else outcome

    patch.setattr(Runner, "_run", broken)


def a_failed_job_is_no_error(patch):
    def broken(*arguments):
        outcome = run(*arguments)
        return Outcome(outcome.attempt) if isinstance(outcome.error, JobFailed) else outcome

    patch.setattr(Runner, "_run", broken)


def a_job_that_runs_on_is_no_error(patch):
    def broken(*arguments):
        outcome = run(*arguments)
        return Outcome(outcome.attempt) if isinstance(outcome.error, JobRunsOn) else outcome

    patch.setattr(Runner, "_run", broken)


def nothing_unfinished_is_saved(patch):
    patch.setattr(DynamicHost, "saves_unfinished", property(lambda _self: False))


def a_status_counts_before_the_job_has_finished(patch):
    patch.setattr(Attempt, "done", property(lambda self: self.status == "success"))


def a_wait_ends_with_the_first_success_of_an_unfinished_job(patch):
    def broken(self, state):
        early = not state.has_finished and state.status == "success"
        shown(self, replace(state, has_finished=True) if early else state)

    patch.setattr(jobs._Wait, "_shown", broken)


def a_wait_for_other_triggers_is_recorded_as_theirs(patch):
    patch.setattr(
        Runner,
        "_resume",
        lambda self, recorded, wanted, *rest: resume(
            self, replace(recorded, triggers=wanted.triggers), wanted, *rest
        ),
    )


def a_running_job_is_not_awaited(patch):
    patch.setattr(Runner, "_resume", lambda *_arguments: None)


def a_job_that_runs_on_is_forgotten_by_the_update(patch):
    def broken(*arguments):
        outcome = resume(*arguments)
        return None if outcome and isinstance(outcome.error, JobRunsOn) else outcome

    patch.setattr(Runner, "_resume", broken)


def a_resume_takes_the_job_of_whoever_was_last(patch):
    def job(self, recorded, **_rest):
        last = self.__dict__.setdefault("last", recorded.job_id)
        return self._client.job(last, recorded.action.name)

    patch.setattr(Runner, "_job", job)


def a_publication_of_unknown_outcome_is_sent_again(patch):
    def broken(operation, send, deadline, **rest):
        try:
            return start(operation, send, deadline, **rest)
        except MayHaveStarted:
            return start(operation, send, deadline, **rest)

    patch.setattr(jobs, "start", broken)


def only_the_triggers_are_compared(patch):
    def broken(recorded, wanted):
        change = difference(recorded, wanted)
        unchanged = recorded.made_for(wanted) and change is Change.RUN
        return Change.NONE if unchanged else change

    patch.setattr(operations, "difference", broken)


def triggers_are_not_compared(patch):
    patch.setattr(attempt, "same", lambda _first, _second: True)


def another_site_is_no_replacement(patch):
    def broken(recorded, wanted):
        return difference(replace(recorded, action=wanted.action), wanted)

    patch.setattr(operations, "difference", broken)


def a_wait_knows_no_deadline(patch):
    patch.setattr(Deadline, "remaining", property(lambda _self: 30.0))


def a_wait_takes_a_minute_more(patch):
    patch.setattr(Limit, "begun", lambda self, clock: Deadline(self.seconds + 60, self.source, clock))


def a_lost_job_is_waited_for_again(patch):
    patch.setattr(Attempt, "lost", lambda self: replace(self, job_id="1"))


def a_refresh_takes_an_unfinished_success_for_done(patch):
    def broken(self, recorded):
        current, trouble = refresh(self, recorded)
        return replace(current, has_finished=current.status == "success"), trouble

    patch.setattr(Runner, "refresh", broken)


def a_refresh_fails_with_its_look(patch):
    def broken(self, recorded):
        if recorded.may_be_running:
            try:
                self._job(recorded).poll()
            except PollFailed as trouble:
                raise RuntimeError from trouble
        return refresh(self, recorded)

    patch.setattr(Runner, "refresh", broken)


def a_refresh_looks_at_what_is_done(patch):
    patch.setattr(Attempt, "may_be_running", property(lambda self: self.job_id is not None))


def a_time_is_written_that_nobody_can_read(patch):
    patch.setattr(attempt, "format_moment", lambda moment: moment and moment.strftime("%d %B"))


def a_finished_job_is_seen_as_a_success(patch):
    patch.setattr(JobState, "succeeded", property(lambda self: self.has_finished))


def a_lost_answer_counts_as_nothing_sent(patch):
    patch.setattr(Exchange, "connected", property(lambda _self: False, lambda _self, _value: None), raising=False)


def another_job_is_taken_up_than_the_answer_names(patch):
    patch.setattr(Answer, "job_id", lambda _self: "1")


BREAKAGES = [
    may_have_started_is_not_recorded,
    a_failed_job_is_not_recorded,
    a_failed_job_is_no_error,
    a_job_that_runs_on_is_no_error,
    nothing_unfinished_is_saved,
    a_status_counts_before_the_job_has_finished,
    a_wait_ends_with_the_first_success_of_an_unfinished_job,
    a_wait_for_other_triggers_is_recorded_as_theirs,
    a_running_job_is_not_awaited,
    a_job_that_runs_on_is_forgotten_by_the_update,
    a_resume_takes_the_job_of_whoever_was_last,
    a_publication_of_unknown_outcome_is_sent_again,
    only_the_triggers_are_compared,
    triggers_are_not_compared,
    another_site_is_no_replacement,
    a_wait_knows_no_deadline,
    a_wait_takes_a_minute_more,
    a_lost_job_is_waited_for_again,
    a_refresh_takes_an_unfinished_success_for_done,
    a_refresh_fails_with_its_look,
    a_refresh_looks_at_what_is_done,
    a_time_is_written_that_nobody_can_read,
    a_finished_job_is_seen_as_a_success,
    a_lost_answer_counts_as_nothing_sent,
    another_job_is_taken_up_than_the_answer_names,
]


@pytest.mark.parametrize("breakage", BREAKAGES, ids=lambda breakage: breakage.__name__)
def test_broken_code_is_found(breakage, monkeypatch):
    breakage(monkeypatch)
    with pytest.raises(PromiseBroken):
        run_state_machine_as_test(seed(20260101)(EngineActions), settings=LONG_ENOUGH)
