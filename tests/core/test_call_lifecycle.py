"""A call, which may do harm when it is made twice: what is sent, what is recorded, what follows."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pulumi_nao.attempt import ASSUMED, UNKNOWN
from pulumi_nao.errors import (
    Defect,
    JobFailed,
    JobGone,
    MayHaveStarted,
    NotSent,
    OutcomeNotKnown,
    PollNotFound,
    Rejected,
    WaitTimedOut,
)
from pulumi_nao.lifecycle import Change, NextStep, Outcome, Runner, difference, settle
from pulumi_nao.models import Done, JobState
from pulumi_nao.text import format_moment
from tests.attempts import attempt_at, call
from tests.core.fake_clock import START
from tests.core.test_lifecycle import DONE, FAILED, RUNNING, SERVER, SHORT, FakeClient

BODY = {"rows": [1]}
OTHER = {"rows": [2]}
JOB_URL = f"{SERVER}/api/v2/background_jobs/1"
NAME = "PUT sites/910/tags"
LOST = MayHaveStarted(NAME, "reset")


class Client(FakeClient):
    """Answers calls one after another; what is left after the last answer is a job."""

    def __init__(self, *answers, jobs=None):
        super().__init__(jobs)
        self.answers = list(answers)
        self.sent = []
        self.looked_as_secret = []

    def start(self, action, _deadline=None, _report=None):
        self.sent.append((action.method, action.path, action.body))
        answer = self.answers.pop(0) if self.answers else self.job(max(self.jobs, key=int), action.name)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def job(self, job_id, operation="background job", *, is_secret=False):
        self.looked_as_secret.append(is_secret)
        return super().job(job_id, operation)


def recorded(body=BODY, triggers=None, **facts):
    return attempt_at(call(body, triggers), **facts)


def running(body=BODY, **facts):
    return recorded(body, job_id="1", job_url=JOB_URL, status="In progress", started_at=START, **facts)


def unknown(body=BODY, triggers=None, **facts):
    return recorded(body, triggers, **{"started_at": START, **facts})


def failed(body=BODY):
    return recorded(body, job_id="1", job_url=JOB_URL, has_finished=True, status="failure", started_at=START)


def done(body=BODY, triggers=None, **facts):
    return recorded(body, triggers, has_finished=True, status="success", **facts)


@pytest.mark.parametrize(
    ("there", "wants", "change"),
    [
        (done(), call(BODY), Change.NONE),
        (done({"n": 5.0}), call({"n": 5}), Change.NONE),
        (done({"a": 1, "b": 2}), call({"b": 2, "a": 1}), Change.NONE),
        (done(), call(BODY, results={"id": "/data/id"}), Change.NONE),
        (done(), call(BODY, repeats_unknown=True), Change.NONE),
        (done(), call(BODY, assume_done="2026-01-01T00:00:00.000Z"), Change.NONE),
        (done(), call(BODY, is_secret=True), Change.NONE),
        (replace(done(), status=ASSUMED), call(BODY), Change.NONE),
        (done(), call(OTHER), Change.RUN),
        (done(None), call({}), Change.RUN),
        (done(), call(BODY, ["b"]), Change.RUN),
        (failed(), call(BODY), Change.RUN),
        (running(), call(BODY), Change.RUN),
        (unknown(), call(BODY), Change.RUN),
        (done(), call(BODY, method="POST"), Change.REPLACE),
        (done(), call(BODY, path="sites/911/tags"), Change.REPLACE),
        (done(), call(BODY, base_url="https://other"), Change.REPLACE),
    ],
)
def test_address_body_and_triggers_decide_and_nothing_else(there, wants, change):
    assert difference(there, wants) is change


def test_an_answer_without_a_job_is_done_at_once_with_what_was_wanted_of_it(clock):
    client = Client(Done({"data": {"id": "7", "rows": [{"n": 1}]}}))
    results = {"id": "/data/id", "first": "/data/rows/0/n", "none": "/data/none"}
    outcome = Runner(client, clock).run(call(BODY, ["t"], results=results))
    assert outcome == Outcome(
        recorded(
            BODY,
            ["t"],
            has_finished=True,
            status="success",
            started_at=START,
            finished_at=START,
            duration=0.0,
            answer={"id": "7", "first": 1},
        )
    )
    assert client.sent == [("PUT", "sites/910/tags", BODY)]


@pytest.mark.parametrize(
    "value", [None, 2**53, float("nan"), "\ud800", {"4dabf18193072939515e22adb298388d": "x"}], ids=ascii
)
def test_a_result_that_pulumi_could_not_keep_is_absent(clock, value):
    outcome = Runner(Client(Done({"odd": value, "good": 1})), clock).run(
        call(results={"odd": "/odd", "good": "/good"})
    )
    assert outcome.attempt.answer == {"good": 1}


def test_a_job_is_awaited_and_recorded(clock):
    outcome = Runner(Client(jobs={"1": [RUNNING, DONE]}), clock).run(call(BODY))
    assert (outcome.error, outcome.attempt.done, outcome.attempt.job_url) == (None, True, JOB_URL)
    assert outcome.attempt.duration == 0.7


@pytest.mark.parametrize(
    ("error", "url"),
    [(LOST, None), (ZeroDivisionError("boom"), None)],
    ids=["lost", "defect"],
)
def test_what_may_have_been_done_is_recorded_as_unknown(clock, error, url):
    outcome = Runner(Client(error), clock).run(call(BODY))
    assert outcome.attempt == unknown(job_url=url)
    assert (outcome.attempt.is_unknown, outcome.attempt.status) == (True, UNKNOWN)


def test_a_defect_after_the_server_has_done_it_is_recorded_as_unknown(clock):
    class Odd(dict):
        def get(self, name):
            raise ZeroDivisionError(name)

    outcome = Runner(Client(Done(Odd())), clock).run(call(BODY, results={"id": "/id"}))
    assert outcome.attempt == unknown(job_url=None)
    assert outcome.error.headline == f"{NAME} met a defect of pulumi-nao: ZeroDivisionError: id"


@pytest.mark.parametrize("error", [Rejected(NAME, "422 Unprocessable Entity"), NotSent("no", operation=NAME)])
def test_what_surely_did_nothing_is_not_recorded(clock, error):
    assert Runner(Client(error), clock).run(call(BODY)) == Outcome(None, error)


def test_a_job_that_is_gone_is_unknown_and_its_address_is_kept(clock):
    client = Client(jobs={"1": [PollNotFound("404")]})
    outcome = Runner(client, clock).run(call(BODY))
    assert outcome.attempt == unknown(job_url=JOB_URL)
    assert isinstance(outcome.error, JobGone)


def test_a_recorded_job_that_is_gone_is_unknown_and_not_repeated(clock):
    client = Client(jobs={"1": [PollNotFound("404")]})
    outcome = Runner(client, clock).run(call(BODY), recorded=running())
    assert (outcome.attempt, client.sent) == (unknown(job_url=JOB_URL), [])
    assert isinstance(outcome.error, JobGone)


@pytest.mark.parametrize("wants", [call(OTHER), call(BODY, ["b"]), call(BODY, repeats_unknown=True)])
def test_a_recorded_job_that_is_gone_keeps_nothing_from_running_that_is_settled(clock, wants):
    client = Client(Done(), jobs={"1": [PollNotFound("404")]})
    outcome = Runner(client, clock).run(wants, recorded=running())
    assert (outcome.error, outcome.attempt.done, len(client.sent)) == (None, True, 1)


@pytest.mark.parametrize("wants", [call(BODY), call(OTHER), call(BODY, ["b"]), call(BODY, repeats_unknown=True)])
@pytest.mark.parametrize("looks", [[FAILED], [RUNNING, FAILED]], ids=["at the first look", "while waiting"])
def test_a_failure_first_seen_while_resuming_is_recorded_and_told_and_nothing_is_sent(clock, wants, looks):
    client = Client(jobs={"1": looks})
    outcome = Runner(client, clock).run(wants, recorded=running())
    assert client.sent == []
    assert outcome.error.headline == f"{NAME} failed: No graph."
    assert (outcome.attempt.status, outcome.attempt.message, outcome.attempt.action.body) == (
        "failure",
        "No graph.",
        BODY,
    )


@pytest.mark.parametrize("body", [BODY, OTHER])
def test_a_failure_on_record_runs_again(clock, body):
    client = Client(Done())
    assert Runner(client, clock).run(call(body), recorded=failed()).attempt.done
    assert [sent for *_, sent in client.sent] == [body]


@pytest.mark.parametrize("looks", [[DONE], [RUNNING, DONE]], ids=["at the first look", "while waiting"])
def test_a_recorded_job_that_ended_well_is_all_that_is_wanted(clock, looks):
    client = Client(jobs={"1": looks})
    assert Runner(client, clock).run(call(BODY), recorded=running()).attempt.done
    assert client.sent == []


@pytest.mark.parametrize("looks", [[DONE], [RUNNING, DONE]], ids=["at the first look", "while waiting"])
@pytest.mark.parametrize("wants", [call(OTHER), call(BODY, ["b"])], ids=["body", "triggers"])
def test_changed_content_waits_for_the_recorded_job_and_runs(clock, looks, wants):
    client = Client(Done(), jobs={"1": looks})
    outcome = Runner(client, clock).run(wants, recorded=running())
    assert (outcome.attempt.action.body, outcome.attempt.triggers) == (wants.action.body, wants.triggers)
    assert len(client.sent) == 1


@pytest.mark.parametrize(
    ("wants", "words"),
    [
        (call(BODY), "going on with job 1, "),
        (call(OTHER), "waiting for job 1, started for another body, "),
        (call(BODY, ["b"]), "waiting for job 1, started for other triggers, "),
        (call(OTHER, ["b"]), "waiting for job 1, started for other triggers, "),
    ],
)
def test_it_says_which_job_it_waits_for_and_why(clock, wants, words):
    told = []
    Runner(Client(Done()), clock).run(wants, report=told.append, recorded=running())
    assert told[0] == words + JOB_URL


@pytest.mark.parametrize("body", [BODY, OTHER])
def test_a_job_that_runs_on_sends_nothing(clock, body):
    client = Client(jobs={"1": [RUNNING]})
    outcome = Runner(client, clock).run(call(body), SHORT, recorded=running())
    assert isinstance(outcome.error, WaitTimedOut)
    assert client.sent == []
    assert outcome.attempt == (running() if body == BODY else None)


def test_an_unknown_outcome_stops_the_next_run_without_a_word_to_the_server(clock):
    client = Client()
    outcome = Runner(client, clock).run(call(BODY), recorded=unknown())
    assert (outcome.attempt, client.sent, client.limits) == (None, [], [])
    assert str(outcome.error) == (
        "PUT sites/910/tags not sent: nobody knows whether the attempt of 2026-01-01T00:00:00.000Z was successful\n"
        "  It got no answer that tells. Look in NAO Cloud whether it was done. If it was, say so of this attempt, "
        "in the program:\n"
        '    assume_done="2026-01-01T00:00:00.000Z"\n'
        "  If it was not, or if doing it twice does no harm:\n"
        '    if_unknown="again"\n'
        "  A changed body or changed triggers are sent as well."
    )


def test_a_job_that_was_lost_is_named_when_its_outcome_is_asked_for():
    error = settle(unknown(job_url=JOB_URL), call(BODY)).error
    assert error.details[0].startswith(f"Its job {JOB_URL} has no record any more. Look in NAO Cloud whether")


@pytest.mark.parametrize("wants", [call(OTHER), call(BODY, ["b"]), call(BODY, repeats_unknown=True)])
def test_the_ways_on_that_send_it(clock, wants):
    client = Client(Done())
    assert Runner(client, clock).run(wants, recorded=unknown()).attempt.done
    assert len(client.sent) == 1


@pytest.mark.parametrize(
    "facts",
    [{}, {"job_url": JOB_URL}, {"started_at": START + timedelta(microseconds=123_456)}],
    ids=["answer lost", "job gone", "fraction of a second"],
)
def test_a_person_settles_exactly_the_attempt_that_is_named(clock, facts):
    client = Client()
    there = unknown(**facts)
    outcome = Runner(client, clock).run(call(BODY, assume_done=format_moment(there.started_at)), recorded=there)
    assert outcome == Outcome(replace(there, has_finished=True, status="assumed"))
    assert client.sent == []


@pytest.mark.parametrize(
    ("there", "assumed"),
    [
        (unknown(), "2026-01-01T00:00:00.001Z"),
        (unknown(), "2026-01-01T00:00:00Z"),
        (unknown(), ""),
        (unknown(started_at=None), ""),
        (unknown(started_at=None), "None"),
    ],
)
def test_a_person_who_names_another_attempt_settles_nothing(clock, there, assumed):
    client = Client()
    outcome = Runner(client, clock).run(call(BODY, assume_done=assumed), recorded=there)
    assert (outcome.attempt, type(outcome.error), client.sent) == (None, OutcomeNotKnown, [])


@pytest.mark.parametrize("wants", [call(OTHER), call(BODY, ["b"])])
def test_a_settled_attempt_is_not_one_for_changed_content(clock, wants):
    client = Client(Done())
    outcome = Runner(client, clock).run(replace(wants, assume_done="2026-01-01T00:00:00.000Z"), recorded=unknown())
    assert (outcome.attempt.status, len(client.sent)) == ("success", 1)


@pytest.mark.parametrize("there", [running(), failed()], ids=["running", "failed"])
def test_a_person_can_settle_only_what_is_not_known(clock, there):
    client = Client(Done(), jobs={"1": [FAILED]})
    outcome = Runner(client, clock).run(call(BODY, assume_done="2026-01-01T00:00:00.000Z"), recorded=there)
    assert outcome.attempt.status != "assumed"


def test_a_settled_attempt_stays_settled_whatever_the_program_says_of_it_later():
    settled = unknown().assumed()
    assert settled.done
    assert difference(settled, call(BODY)) is Change.NONE
    assert settle(settled, call(BODY)) == Outcome(settled)


def job_error(kind):
    job = Client().job("1", NAME)
    return {
        "failed": JobFailed(job, FAILED, None),
        "gone": JobGone(job, None, PollNotFound("404")),
        "runs on": WaitTimedOut(job, None, 5, "test", ""),
    }[kind]


@pytest.mark.parametrize(
    ("outcome", "wants", "earlier", "saves", "step"),
    [
        (Outcome(unknown(), LOST), call(BODY), None, True, NextStep.SETTLE),
        (Outcome(unknown(), Defect(NAME, ValueError())), call(BODY), None, True, NextStep.SETTLE),
        (Outcome(unknown(), job_error("gone")), call(BODY), None, True, NextStep.SETTLE),
        (settle(unknown(), call(BODY)), call(BODY), None, True, NextStep.SETTLE),
        (settle(unknown(), call(BODY)), call(BODY), unknown(), True, NextStep.SETTLE),
        (Outcome(unknown(), LOST), call(BODY, repeats_unknown=True), None, True, NextStep.RUN_AGAIN),
        (Outcome(unknown(), LOST), call(BODY, repeats_unknown=True), None, False, NextStep.RUN_AGAIN),
        (Outcome(failed(), job_error("failed")), call(BODY), None, True, NextStep.RUN_AGAIN),
        (Outcome(failed(), job_error("failed")), call(OTHER), None, True, NextStep.RUN_AGAIN),
        (Outcome(running(), job_error("runs on")), call(BODY), None, True, NextStep.GO_ON),
        (Outcome(None, job_error("runs on")), call(OTHER), running(), True, NextStep.RUN_AFTER_JOB),
        (Outcome(None, Rejected(NAME, "422")), call(BODY), None, True, NextStep.TRY_AGAIN),
        (Outcome(None, Rejected(NAME, "422")), call(OTHER), running(), True, NextStep.TAKE_UP),
        (Outcome(None, NotSent("no")), call(BODY), None, False, NextStep.TRY_AGAIN),
    ],
)
def test_what_follows_each_failure(outcome, wants, earlier, saves, step):
    assert outcome.next_step(wants, earlier, saves=saves) is step


def test_a_refresh_tells_of_a_failure_and_sends_nothing(clock):
    client = Client(jobs={"1": [FAILED]})
    current, trouble = Runner(client, clock).refresh(running())
    assert (current.status, trouble, client.sent) == ("failure", None, [])


@pytest.mark.parametrize("there", [unknown(), failed(), done()], ids=["unknown", "failed", "done"])
def test_a_refresh_without_a_running_job_makes_no_look(clock, there):
    client = Client()
    assert Runner(client, clock).refresh(there) == (there, None)
    assert client.limits == []


@pytest.mark.parametrize(("then", "now"), [(True, False), (False, True), (True, True)])
def test_a_job_is_looked_at_as_secret_when_its_body_was_or_is(clock, then, now):
    client = Client(jobs={"1": [DONE]})
    there = replace(running(), action=call(BODY, is_secret=then).action)
    Runner(client, clock).run(call(BODY, is_secret=now), recorded=there)
    assert client.looked_as_secret == [True]


def test_a_refresh_looks_at_a_job_as_secret_when_its_body_was(clock):
    client = Client(jobs={"1": [DONE]})
    Runner(client, clock).refresh(replace(running(), action=call(BODY, is_secret=True).action))
    assert client.looked_as_secret == [True]


def test_an_attempt_says_nothing_of_its_body_and_its_answer_in_a_traceback():
    there = done({"password": "hunter2!"}, answer={"token": "hunter2!"})
    assert "hunter2" not in repr(there) + repr(call({"password": "hunter2!"})) + repr(Done("hunter2!"))


def test_states_of_a_job_that_are_only_odd_are_waited_out(clock):
    odd = JobState(has_finished=False, status="success")
    assert Runner(Client(jobs={"1": [odd, DONE]}), clock).run(call(BODY)).attempt.done
