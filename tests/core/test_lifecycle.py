from datetime import timedelta

import pytest

from pulumi_nao.errors import (
    MayHaveStarted,
    NotSent,
    PollDenied,
    PollFailed,
    PollNotFound,
    Rejected,
    ServerUnreachable,
)
from pulumi_nao.lifecycle import Change, NextStep, Outcome, Runner, difference
from pulumi_nao.models import Job, JobState
from pulumi_nao.waiting.clock import Limit
from pulumi_nao.waiting.locks import Locks
from tests.attempts import attempt_at, wanted
from tests.core.fake_clock import START, FakeClock
from tests.core.virtual_time import VirtualClock

SERVER = "https://www.nao-cloud.com"
RUNNING = JobState(has_finished=False, status="In progress")
DONE = JobState(has_finished=True, status="success", message="success")
FAILED = JobState(has_finished=True, status="failure", message="No graph.")
PATH = "sites/910/asset_tracking_config/publish"
SHORT = Limit(5, "test")


class FakeClient:
    """Jobs by id, each with its looks; the last look is shown for ever."""

    base_url = SERVER
    out_of_reach = ""

    def __init__(self, jobs=None, error=None):
        self.jobs = jobs or {"1": [DONE]}
        self.error = error
        self.posts = 0
        self.limits = []

    def ensure_reachable(self, operation, _deadline):
        if self.out_of_reach:
            raise ServerUnreachable(operation, SERVER, self.out_of_reach, may_pass=True)

    def start(self, action, _deadline=None, _report=None):
        self.posts += 1
        if self.error:
            raise self.error
        return self.job(max(self.jobs, key=int), action.name)

    def job(self, job_id, operation="background job", **_rest):
        looks = self.jobs[job_id]

        def look(deadline=None):
            self.limits.append(deadline.seconds if deadline else None)
            shown = looks.pop(0) if len(looks) > 1 else looks[0]
            if isinstance(shown, Exception):
                raise shown
            return shown

        return Job(operation, job_id, f"{SERVER}/api/v2/background_jobs/{job_id}", look)


def attempt(triggers="a", **facts):
    return attempt_at(wanted(910, triggers), **facts)


def running(triggers="a", job_url="url", **facts):
    return attempt(triggers, job_id="1", job_url=job_url, status="In progress", **facts)


def done(triggers="a"):
    return attempt(triggers, job_id="1", has_finished=True, status="success")


def ended(**facts):
    return attempt(job_id="1", job_url="url", has_finished=True, status="success", started_at=START, **facts)


@pytest.mark.parametrize(
    ("recorded", "wants", "change"),
    [
        (done(), (910, "a", SERVER), Change.NONE),
        (done(5), (910, 5.0, SERVER), Change.NONE),
        (done(), (910, "b", SERVER), Change.RUN),
        (done(), (911, "a", SERVER), Change.REPLACE),
        (done(), (910, "a", "https://other"), Change.REPLACE),
        (running(), (910, "a", SERVER), Change.RUN),
        (attempt(job_id="1", has_finished=False, status="success"), (910, "a", SERVER), Change.RUN),
        (attempt(job_id="1", has_finished=True, status="failure"), (910, "a", SERVER), Change.RUN),
        (attempt(), (910, "a", SERVER), Change.RUN),
    ],
)
def test_what_is_recorded_and_what_is_wanted_decide(recorded, wants, change):
    assert difference(recorded, wanted(*wants)) is change


def test_a_publication_records_its_job_and_its_times(clock):
    client = FakeClient({"1": [RUNNING, DONE]})
    outcome = Runner(client, clock).run(wanted(910, "a"))
    assert outcome.error is None
    assert outcome.attempt == attempt(
        job_id="1",
        job_url=f"{SERVER}/api/v2/background_jobs/1",
        has_finished=True,
        status="success",
        message="success",
        started_at=START,
        finished_at=START + timedelta(seconds=0.7),
        duration=0.7,
    )


def test_the_servers_times_win(clock):
    state = JobState(
        has_finished=True,
        status="success",
        created_at=START - timedelta(seconds=100),
        updated_at=START - timedelta(seconds=79),
    )
    recorded = Runner(FakeClient({"1": [state]}), clock).run(wanted(910, "a")).attempt
    assert (recorded.started_at, recorded.duration) == (START - timedelta(seconds=100), 21.0)


def test_a_failed_job_is_recorded_with_its_message_and_its_end(clock):
    outcome = Runner(FakeClient({"1": [FAILED]}), clock).run(wanted(910, "a"))
    recorded = outcome.attempt
    assert (recorded.status, recorded.message, recorded.finished_at) == ("failure", "No graph.", START)
    assert outcome.error.headline == "publication of site 910 failed: No graph."


def test_a_job_that_runs_on_is_recorded_with_its_id(clock):
    outcome = Runner(FakeClient({"1": [RUNNING]}), clock).run(wanted(910, "a"), SHORT)
    assert outcome.attempt == running(job_url=f"{SERVER}/api/v2/background_jobs/1", started_at=START)


def test_a_job_that_is_gone_is_recorded_as_unknown(clock):
    outcome = Runner(FakeClient({"1": [PollNotFound("404")]}), clock).run(wanted(910, "a"))
    assert outcome.attempt == attempt(status="unknown", job_id=None, started_at=START)
    assert outcome.error.headline == (
        "publication of site 910 ended in a way nobody knows: NAO Cloud has no record of job 1 any more"
    )


def test_a_publication_that_may_have_started_is_recorded_as_unknown(clock):
    error = MayHaveStarted("publication of site 910", "reset")
    client = FakeClient(error=error)
    outcome = Runner(client, clock).run(wanted(910, "a"))
    assert outcome == Outcome(attempt(status="unknown", job_id=None, started_at=START), error)
    assert client.posts == 1


def test_a_defect_before_the_job_is_known_is_recorded_as_unknown(clock):
    outcome = Runner(FakeClient(error=ZeroDivisionError("boom")), clock).run(wanted(910, "a"))
    assert outcome.attempt == attempt(status="unknown", job_id=None, started_at=START)
    assert outcome.error.headline == "publication of site 910 met a defect of pulumi-nao: ZeroDivisionError: boom"


def test_a_defect_while_the_job_runs_is_recorded_with_the_job(clock):
    outcome = Runner(FakeClient({"1": [ZeroDivisionError("boom")]}), clock).run(wanted(910, "a"))
    assert outcome.attempt == attempt(job_id="1", job_url=f"{SERVER}/api/v2/background_jobs/1", started_at=START)
    assert outcome.error.headline == "publication of site 910 met a defect of pulumi-nao: ZeroDivisionError: boom"


@pytest.mark.parametrize("looks", [[ZeroDivisionError("boom")], [RUNNING, ZeroDivisionError("boom")]])
def test_a_defect_while_a_recorded_job_is_awaited_leaves_the_record_as_it_is(clock, looks):
    outcome = Runner(FakeClient({"1": looks}), clock).run(wanted(910, "a"), recorded=running())
    assert outcome.attempt is None
    assert outcome.error.headline == "publication of site 910 met a defect of pulumi-nao: ZeroDivisionError: boom"
    assert outcome.next_step(wanted(910, "a"), running()) is NextStep.TAKE_UP


@pytest.mark.parametrize("error", [Rejected("p", "404 Not Found"), NotSent("too late", operation="p")])
def test_what_had_no_effect_is_not_recorded(clock, error):
    outcome = Runner(FakeClient(error=error), clock).run(wanted(910, "a"))
    assert outcome.attempt is None
    assert outcome.error is error


def test_an_update_that_had_no_effect_leaves_the_record_and_says_why(clock):
    error = Rejected("p", "404 Not Found")
    assert Runner(FakeClient(error=error), clock).run(wanted(910, "b"), recorded=done("a")) == Outcome(None, error)


def test_a_publication_that_is_cancelled_before_it_began_names_its_site():
    outcome = Runner(FakeClient(), FakeClock(cancel_at=0)).run(wanted(910, "a"))
    assert outcome.error.headline == "publication of site 910 not sent: cancelled before it began"


def test_what_is_not_worth_a_try_is_refused_without_one(clock):
    client = FakeClient()
    client.out_of_reach = "connection refused; nothing of this run has reached it for 5 min"
    outcome = Runner(client, clock).run(wanted(910, "a"))
    assert (outcome.attempt, client.posts) == (None, 0)
    assert outcome.error.headline == (
        "publication of site 910 not sent: cannot connect to https://www.nao-cloud.com: connection refused; "
        "nothing of this run has reached it for 5 min"
    )


def test_a_job_is_gone_on_with_although_nothing_new_is_worth_a_try(clock):
    client = FakeClient({"1": [RUNNING, DONE]})
    client.out_of_reach = "connection refused"
    assert Runner(client, clock).run(wanted(910, "a"), recorded=running()).attempt.done


def test_a_publication_tells_why_it_is_late(clock):
    told = []
    client = FakeClient(error=ServerUnreachable("p", SERVER, "connection refused", may_pass=True))
    Runner(client, clock).run(wanted(910, "a"), SHORT, told.append)
    assert told == [
        "not sent: cannot connect to https://www.nao-cloud.com: connection refused; trying again for up to 5 s"
    ]


def test_a_publication_tells_of_its_job(clock):
    told = []
    client = FakeClient({"1": [RUNNING, JobState(has_finished=False, status="queued"), DONE]})
    Runner(client, clock).run(wanted(910, "a"), report=told.append)
    assert told == [
        "job 1 accepted, https://www.nao-cloud.com/api/v2/background_jobs/1",
        "status 'queued'",
    ]


def test_an_update_goes_on_with_a_running_job_for_the_same_triggers(clock):
    client = FakeClient({"1": [RUNNING, DONE]})
    outcome = Runner(client, clock).run(wanted(910, "a"), recorded=running(started_at=START))
    assert outcome == Outcome(ended(message="success", finished_at=START + timedelta(seconds=0.7), duration=0.7))
    assert client.posts == 0


def test_a_job_that_ended_well_before_the_update_is_recorded_at_once(clock):
    client = FakeClient({"1": [DONE]})
    outcome = Runner(client, clock).run(wanted(910, "a"), recorded=running(started_at=START))
    assert outcome == Outcome(ended(message="success", finished_at=START, duration=0.0))
    assert client.posts == 0


@pytest.mark.parametrize(
    ("triggers", "words"),
    [("a", "going on with job 1"), ("b", "waiting for job 1, started for other triggers")],
)
def test_an_update_says_which_job_it_waits_for_and_why(clock, triggers, words):
    told = []
    Runner(FakeClient(), clock).run(wanted(910, triggers), report=told.append, recorded=running("a"))
    assert told[0] == f"{words}, {SERVER}/api/v2/background_jobs/1"


def test_an_update_tells_of_the_job_that_it_goes_on_with(clock):
    told = []
    client = FakeClient({"1": [RUNNING, JobState(has_finished=False, status="queued"), DONE]})
    Runner(client, clock).run(wanted(910, "a"), report=told.append, recorded=running())
    assert told[1:] == ["status 'queued'"]


def test_an_update_tells_of_the_job_that_it_starts(clock):
    told = []
    Runner(FakeClient(), clock).run(wanted(910, "b"), report=told.append, recorded=done("a"))
    assert told == [
        "job 1 accepted, https://www.nao-cloud.com/api/v2/background_jobs/1",
    ]


def test_an_update_that_goes_on_with_a_job_ends_at_its_own_limit(clock):
    outcome = Runner(FakeClient({"1": [RUNNING]}), clock).run(wanted(910, "a"), SHORT, recorded=running())
    assert outcome.error.headline == (
        "publication of site 910 not finished after 5 s, the limit set by test; the job goes on in NAO Cloud"
    )
    assert clock.time == 5.0


def test_no_look_of_an_update_waits_in_line_past_its_limit(clock):
    client = FakeClient({"1": [RUNNING, RUNNING, DONE]})
    Runner(client, clock).run(wanted(910, "a"), SHORT, recorded=running())
    assert client.limits == [5, 5, 5]


def test_an_update_waits_as_long_as_its_first_look_was_asked_to(clock):
    busy = PollFailed("the server answers 429 Too Many Requests")
    busy.retry_after = 7.0
    client = FakeClient({"1": [busy, DONE]})
    assert Runner(client, clock).run(wanted(910, "a"), recorded=running()).attempt.done
    assert clock.slept == [7.0]


def test_an_update_whose_job_fails_while_it_waits_reports_that(clock):
    client = FakeClient({"1": [RUNNING, FAILED]})
    outcome = Runner(client, clock).run(wanted(910, "a"), recorded=running())
    assert outcome.error.headline == "publication of site 910 failed: No graph."
    assert client.posts == 0


def test_an_update_records_how_and_when_a_job_failed_while_it_waited(clock):
    client = FakeClient({"1": [RUNNING, FAILED]})
    recorded = Runner(client, clock).run(wanted(910, "a"), recorded=running(started_at=START)).attempt
    assert (recorded.status, recorded.message) == ("failure", "No graph.")
    assert recorded.finished_at == START + timedelta(seconds=0.7)


def test_an_update_of_what_is_done_keeps_the_record_and_asks_nothing(clock):
    client = FakeClient()
    assert Runner(client, clock).run(wanted(910, "a"), recorded=done()) == Outcome(done())
    assert (client.posts, client.limits) == (0, [])


def test_a_job_that_failed_before_the_update_is_published_again(clock):
    client = FakeClient({"1": [FAILED], "2": [DONE]})
    assert Runner(client, clock).run(wanted(910, "a"), recorded=running()).attempt.job_id == "2"
    assert client.posts == 1


def test_other_triggers_wait_for_the_old_job_and_publish_after_it(clock):
    client = FakeClient({"1": [RUNNING, DONE], "2": [DONE]})
    outcome = Runner(client, clock).run(wanted(910, "b"), recorded=running("a"))
    assert (outcome.attempt.job_id, outcome.attempt.triggers) == ("2", "b")
    assert client.posts == 1


def test_other_triggers_are_not_recorded_before_their_own_post(clock):
    client = FakeClient({"1": [RUNNING]})
    outcome = Runner(client, clock).run(wanted(910, "b"), SHORT, recorded=running("a"))
    assert outcome.attempt is None
    assert client.posts == 0


def test_other_triggers_are_not_published_beside_an_old_job_that_cannot_be_followed(clock):
    client = FakeClient({"1": [RUNNING, PollDenied("the server refuses the key")], "2": [DONE]})
    outcome = Runner(client, clock).run(wanted(910, "b"), recorded=running("a"))
    assert (outcome.attempt, outcome.error.headline) == (
        None,
        "publication of site 910 not followed to its end: the server refuses the key; the job goes on in NAO Cloud",
    )
    assert client.posts == 0


def test_an_old_job_that_failed_does_not_keep_other_triggers_from_being_published(clock):
    client = FakeClient({"1": [RUNNING, FAILED], "2": [DONE]})
    assert Runner(client, clock).run(wanted(910, "b"), recorded=running("a")).attempt.job_id == "2"


def test_a_recorded_job_that_is_gone_is_published_again(clock):
    client = FakeClient({"1": [PollNotFound("404")], "2": [DONE]})
    assert Runner(client, clock).run(wanted(910, "a"), recorded=running()).attempt.job_id == "2"


def test_a_recorded_job_whose_key_is_refused_stays_recorded(clock):
    client = FakeClient({"1": [PollDenied("401")]})
    outcome = Runner(client, clock).run(wanted(910, "a"), recorded=running())
    assert outcome.attempt == running()
    assert client.posts == 0


def test_a_recorded_job_that_cannot_be_looked_at_stays_recorded_and_is_not_waited_for(clock):
    untrusted = PollFailed("the server's certificate is not trusted")
    untrusted.may_pass = False
    client = FakeClient({"1": [untrusted]})
    outcome = Runner(client, clock).run(wanted(910, "a"), recorded=running())
    assert (outcome.attempt, client.posts, clock.slept) == (running(), 0, [])
    assert "not followed to its end: the server's certificate is not trusted" in outcome.error.headline


@pytest.mark.parametrize("recorded", [attempt(), attempt(job_id="1", has_finished=True, status="failure"), done("b")])
def test_an_update_without_a_running_job_publishes(clock, recorded):
    client = FakeClient()
    Runner(client, clock).run(wanted(910, "a"), recorded=recorded)
    assert client.posts == 1


def test_a_refresh_of_a_success_makes_no_look(clock):
    client = FakeClient({"1": [PollNotFound("must not be looked at")]})
    assert Runner(client, clock).refresh(done()) == (done(), None)


def test_a_refresh_shows_how_and_when_a_job_ended(clock):
    current, trouble = Runner(FakeClient({"1": [FAILED]}), clock).refresh(running())
    assert (current.status, current.finished_at, trouble) == ("failure", START, None)


def test_a_refresh_in_trouble_keeps_what_is_recorded(clock):
    error = PollNotFound("404")
    assert Runner(FakeClient({"1": [error]}), clock).refresh(running()) == (running(), error)


def test_a_second_publication_of_a_site_waits_for_the_first_and_says_so():
    clock = VirtualClock()
    locks = Locks(clock)
    told, begun = [], []

    def publish():
        with locks.held(910, "publication of site 910", lambda line: told.append((clock.time, line))):
            begun.append(clock.time)
            clock.sleep(21)

    clock.run(publish, publish)
    assert begun == [0, 21]
    assert told == [(0, "waiting for another publication of site 910 to end")]


@pytest.mark.parametrize(
    "call",
    [
        lambda publisher, report: publisher.run(wanted(910, "a"), report=report),
        lambda publisher, report: publisher.run(wanted(910, "b"), report=report, recorded=done("a")),
    ],
    ids=["publish", "update"],
)
def test_a_publisher_waits_for_its_turn_with_the_site(call):
    told = []
    locks = Locks(FakeClock(cancel_at=0))
    with locks.held((SERVER, PATH), "publication of site 910", told.append):
        outcome = call(Runner(FakeClient(), FakeClock(), locks), told.append)
    assert outcome.error.headline == "publication of site 910 not sent: cancelled while it waited for its turn"
    assert told == ["waiting for another publication of site 910 to end"]


def test_a_publisher_that_shares_no_locks_has_its_own():
    publisher = Runner(FakeClient(), FakeClock(cancel_at=0))
    with publisher._locks.held((SERVER, PATH), "publication of site 910", lambda _line: None):
        outcome = publisher.run(wanted(910, "a"))
    assert outcome.error.headline == "publication of site 910 not sent: cancelled while it waited for its turn"


def test_a_turn_that_is_cancelled_was_not_sent():
    locks = Locks(FakeClock(cancel_at=0))
    with (
        locks.held(910, "publication of site 910", lambda _line: None),
        pytest.raises(NotSent, match="cancelled while it waited for its turn"),
        locks.held(910, "publication of site 910", lambda _line: None),
    ):
        pass


def test_no_more_locks_are_held_than_allowed():
    clock = VirtualClock()
    locks = Locks(clock, at_once=2)
    begun = []

    def publish(site):
        def publishing():
            with locks.held(site, "publication", pytest.fail):
                begun.append((site, clock.time))
                clock.sleep(21)

        return publishing

    clock.run(*(publish(site) for site in range(910, 915)))
    assert begun == [(910, 0), (911, 0), (912, 21), (913, 21), (914, 42)]
