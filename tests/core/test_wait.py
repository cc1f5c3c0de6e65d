import decimal
import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_nao.errors import (
    ConfigurationError,
    ContactLost,
    HeldBack,
    JobError,
    JobFailed,
    JobGone,
    JobRunsOn,
    PollDenied,
    PollFailed,
    PollNotFound,
    PollSenseless,
    TooManyRequests,
    WaitCancelled,
    WaitTimedOut,
)
from pulumi_nao.jobs import interval_after, start, wait
from pulumi_nao.models import Job, JobState
from pulumi_nao.waiting.clock import Deadline
from tests.core.fake_clock import START, FakeClock

RUNNING = JobState(has_finished=False, status="In progress")
RUNNING_FOR_A_MINUTE = JobState(has_finished=False, status="In progress", retry_after=60.0)
DONE = JobState(has_finished=True, status="success", message="success")
FAILED = JobState(has_finished=True, status="failure", message="Missing graph or indoor area. Please add.")
URL = "https://www.nao-cloud.com/api/v2/background_jobs/7"


def job_of(*looks, last=None):
    """A job whose looks show these states, or raise these errors, one after another; then `last` for ever."""
    rest = list(looks)

    def look(_deadline=None):
        shown = rest.pop(0) if rest else last
        if isinstance(shown, Exception):
            raise shown
        return shown

    return Job("publication of site 910", "7", URL, look)


def asking(seconds, trouble):
    """A look that fails, and asks for a pause."""
    trouble.retry_after = seconds
    return trouble


def job_lasting(seconds, clock, seen):
    def look(_deadline=None):
        seen.append(clock.time)
        return DONE if clock.time >= seconds else RUNNING

    return Job("publication of site 910", "7", URL, look)


def test_a_job_that_is_done_is_seen_without_a_pause(clock):
    assert wait(job_of(DONE), clock=clock) == DONE
    assert clock.slept == []


def test_pauses_grow_with_the_time_waited(clock):
    wait(job_of(RUNNING, RUNNING, DONE), clock=clock)
    assert clock.slept == pytest.approx([0.7, 0.742])


def test_a_pause_is_never_longer_than_twenty_seconds():
    assert interval_after(86400) == 20.0


@pytest.mark.parametrize(
    ("seconds", "looks"), [(0.5, 2), (1, 3), (5, 8), (21, 19), (120, 43), (600, 73), (1500, 118)]
)
def test_a_job_takes_so_many_looks(clock, seconds, looks):
    seen = []
    wait(job_lasting(seconds, clock, seen), clock=clock)
    assert len(seen) == looks


def test_jobs_of_about_21_seconds_are_noticed_within_5_percent_of_their_time_at_the_median():
    late = []
    for length in range(190, 231):
        clock = FakeClock()
        wait(job_lasting(length / 10, clock, []), clock=clock)
        late.append(clock.time / (length / 10) - 1)
    assert statistics.median(late) <= 0.05


@given(seconds=st.floats(0, 1700))
def test_the_end_is_noticed_at_most_one_pause_late(seconds):
    clock = FakeClock()
    wait(job_lasting(seconds, clock, []), clock=clock)
    assert clock.time - seconds <= interval_after(seconds)


def test_a_failure_has_the_words_of_the_job(clock):
    with pytest.raises(JobFailed) as caught:
        wait(job_of(RUNNING, FAILED), clock=clock)
    assert str(caught.value) == (
        "publication of site 910 failed: Missing graph or indoor area. Please add.\n"
        f"  Job: {URL}\n"
        "  Status 'failure' after 0.7 s."
    )


def test_a_failure_at_once_took_no_time_however_late_it_was_seen(clock):
    at_once = replace(FAILED, created_at=START, updated_at=START)
    with pytest.raises(JobFailed) as caught:
        wait(job_of(RUNNING, at_once), clock=clock)
    assert caught.value.details == (f"Job: {URL}", "Status 'failure' after 0 s.")


def test_a_finished_job_with_another_status_is_a_failure_that_says_so(clock):
    with pytest.raises(JobFailed, match="the job ended with status 'In progress', without a message"):
        wait(job_of(JobState(has_finished=True, status="In progress")), clock=clock)


def test_success_counts_only_when_the_job_has_finished(clock):
    early = JobState(has_finished=False, status="success")
    assert wait(job_of(early, DONE), clock=clock) == DONE
    assert len(clock.slept) == 1


def test_an_unknown_status_is_waited_out_and_shown(clock):
    told = []
    odd = JobState(has_finished=False, status="queued")
    wait(job_of(RUNNING, odd, odd, DONE), clock=clock, report=told.append)
    assert told == ["status 'queued'"]


def test_the_last_look_comes_at_the_deadline(clock):
    seen = []
    with pytest.raises(WaitTimedOut):
        wait(job_lasting(99, clock, seen), 10, clock=clock)
    assert seen[-1] == 10


def test_a_time_out_names_the_limit_and_its_source(clock):
    with pytest.raises(WaitTimedOut) as caught:
        wait(job_of(last=RUNNING), Deadline(2, "configuration nao:timeout", clock), clock=clock)
    assert caught.value.headline == (
        "publication of site 910 not finished after 2 s, the limit set by configuration nao:timeout; "
        "the job goes on in NAO Cloud"
    )
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.errno, caught.value.filename) == (None, None)  # as an `OSError` it has nothing to tell


def test_a_limit_in_seconds_is_called_a_timeout(clock):
    with pytest.raises(WaitTimedOut, match="not finished after 2 s, the limit set by timeout;"):
        wait(job_of(last=RUNNING), 2, clock=clock)


def test_a_time_out_says_what_was_seen_last(clock):
    with pytest.raises(WaitTimedOut) as caught:
        wait(job_of(last=RUNNING), 2, clock=clock)
    assert caught.value.details == (f"Job: {URL}", "Last seen: status 'In progress'.")


def test_a_time_out_names_the_last_trouble(clock):
    with pytest.raises(WaitTimedOut, match="limit") as caught:
        wait(job_of(last=PollFailed("the server answers 502 Bad Gateway")), 5, clock=clock)
    assert "The last looks brought no news: the server answers 502 Bad Gateway" in str(caught.value)


def test_a_passing_trouble_is_told_once_and_its_end_too(clock):
    told = []
    trouble = PollFailed("no answer in time")
    wait(job_of(trouble, trouble, RUNNING, DONE), clock=clock, report=told.append)
    assert told == [
        "no answer in time; still waiting",
        "in contact with NAO Cloud again",
    ]


def test_a_request_that_was_refused_and_got_no_other_turn_was_refused(clock):
    refused = TooManyRequests("publication of site 910", "429 Too Many Requests")
    outcomes = [refused, HeldBack("publication of site 910", "NAO Cloud limits requests")]

    def send():
        raise outcomes.pop(0)

    with pytest.raises(TooManyRequests):
        start("publication of site 910", send, Deadline(60, "test", clock), clock=clock)


@pytest.mark.parametrize(
    ("looks", "limit"),
    [([RUNNING, PollDenied("401")], 60), ([RUNNING, PollFailed("no answer in time")], 0.5)],
)
def test_a_wait_that_ends_does_not_say_that_it_goes_on(clock, looks, limit):
    told = []
    with pytest.raises(JobRunsOn):
        wait(job_of(*looks, last=looks[-1]), limit, clock=clock, report=told.append)
    assert told == []


def test_a_refused_key_ends_the_wait_at_once(clock):
    with pytest.raises(ContactLost, match="the server refuses the key"):
        wait(job_of(RUNNING, PollDenied("the server refuses the key: 401"), last=DONE), clock=clock)
    assert len(clock.slept) == 1


def test_a_look_that_cannot_pass_ends_the_wait_at_once_in_its_words(clock):
    untrusted = PollFailed("the server's certificate is not trusted")
    untrusted.may_pass = False
    with pytest.raises(ContactLost) as caught:
        wait(job_of(RUNNING, untrusted, last=DONE), clock=clock)
    assert caught.value.headline == (
        "publication of site 910 not followed to its end: the server's certificate is not trusted; "
        "the job goes on in NAO Cloud"
    )
    assert (len(clock.slept), caught.value.state) == (1, RUNNING)


def test_three_senseless_answers_in_a_row_end_the_wait(clock):
    odd = PollSenseless("the answer is no job")
    with pytest.raises(ContactLost):
        wait(job_of(odd, odd, odd, last=DONE), clock=clock)


@pytest.mark.parametrize("trouble", [PollDenied("401"), PollSenseless("odd"), PollNotFound("404")])
def test_a_wait_that_loses_its_job_gives_what_was_seen_last(clock, trouble):
    with pytest.raises(JobError) as caught:
        wait(job_of(RUNNING, last=trouble), clock=clock)
    assert caught.value.state == RUNNING


def test_two_senseless_answers_do_not(clock):
    odd = PollSenseless("the answer is no job")
    assert wait(job_of(odd, odd, RUNNING, odd, odd, DONE), clock=clock) == DONE


def test_a_job_that_is_found_late_is_not_gone(clock):
    missing = PollNotFound("404")
    assert wait(job_of(missing, missing, missing, DONE), clock=clock) == DONE


@pytest.mark.parametrize(("pause", "gone"), [(4.0, 12.0), (5.0, 10.0), (20.0, 40.0)])
def test_a_job_that_stays_unknown_for_three_looks_and_ten_seconds_is_gone(clock, pause, gone):
    with pytest.raises(JobGone, match="NAO Cloud has no record of job 7 any more"):
        wait(job_of(RUNNING_FOR_A_MINUTE, last=asking(pause, PollNotFound("404"))), clock=clock)
    assert clock.time == 60.0 + gone


def test_cancel_ends_a_pause():
    clock = FakeClock(cancel_at=0.25)
    with pytest.raises(WaitCancelled, match="the wait was cancelled after") as caught:
        wait(job_of(last=RUNNING), clock=clock)
    assert clock.time == 0.25
    assert caught.value.state == RUNNING


def test_after_a_cancel_there_is_no_pause():
    clock = FakeClock(cancel_at=0)
    with pytest.raises(WaitCancelled):
        wait(job_of(last=RUNNING), clock=clock)
    assert clock.slept == []


def test_a_cancelled_wait_says_where_its_job_is_and_what_was_seen_last():
    with pytest.raises(WaitCancelled) as caught:
        wait(job_of(last=RUNNING), clock=FakeClock(cancel_at=0))
    assert str(caught.value) == (
        "publication of site 910 not finished: the wait was cancelled after 0 s; the job goes on in NAO Cloud\n"
        f"  Job: {URL}\n"
        "  Last seen: status 'In progress'."
    )


def test_a_cancelled_wait_still_looks_once():
    assert wait(job_of(DONE), clock=FakeClock(cancel_at=0)) == DONE


@pytest.mark.parametrize(("asked", "paused"), [(7.0, 7.0), (1.0, 1.0), (3600.0, 60.0), (0.0, 0.7), (-5.0, 0.7)])
def test_retry_after_is_honoured_within_reason(clock, asked, paused):
    wait(job_of(JobState(has_finished=False, status="In progress", retry_after=asked), DONE), clock=clock)
    assert clock.slept == [paused]


@pytest.mark.parametrize(("dice", "paused"), [(min, 0.63), (max, 0.77)])
def test_pauses_vary_by_a_tenth(clock, monkeypatch, dice, paused):
    monkeypatch.setattr("pulumi_nao.jobs.random.uniform", dice)
    wait(job_of(RUNNING, DONE), clock=clock)
    assert clock.slept == pytest.approx([paused])


def test_a_heartbeat_comes_after_one_two_and_four_minutes(clock):
    told = []
    look = JobState(has_finished=False, status="In progress", retry_after=20.0)
    wait(job_of(*[look] * 15, DONE), clock=clock, report=told.append)
    assert told == [
        "status 'In progress' after 1 min",
        "status 'In progress' after 2 min",
        "status 'In progress' after 4 min",
    ]


def test_a_heartbeat_says_when_no_look_has_shown_the_job(clock):
    told = []
    with pytest.raises(WaitTimedOut):
        wait(job_of(last=asking(60.0, PollFailed("no answer in time"))), 70, clock=clock, report=told.append)
    assert told[1:] == ["job not seen yet after 1 min"]


SHOWN = st.sampled_from(
    [
        RUNNING,
        JobState(has_finished=False, status="success", retry_after=30),
        PollFailed("passing"),
        PollNotFound("404"),
        PollSenseless("odd"),
    ]
)
ENDS = st.sampled_from([DONE, FAILED, RUNNING, PollDenied("401"), PollNotFound("404"), PollFailed("passing")])


@given(shown=st.lists(SHOWN, max_size=60), end=ENDS, limit=st.floats(0.1, 900))
def test_whatever_is_shown_the_wait_ends_in_time_and_green_only_for_success(shown, end, limit):
    clock = FakeClock()
    try:
        green = wait(job_of(*shown, last=end), limit, clock=clock) is DONE
    except JobError:
        green = False
    assert clock.time <= limit + 1e-9
    assert not green or end is DONE


NO_TIMES = [
    None,
    "30m",
    "5",
    math.nan,
    math.inf,
    -math.inf,
    1e300,
    10**400,
    -1,
    True,
    b"5",
    [5],
    1j,
    decimal.Decimal("nan"),
]


@pytest.mark.parametrize("timeout", NO_TIMES, ids=lambda value: repr(value)[:20])
def test_what_is_no_time_is_waited_for_in_no_way(clock, timeout):
    seen = []
    with pytest.raises(ConfigurationError) as caught:
        wait(job_lasting(60, clock, seen), timeout, clock=clock)
    assert (str(caught.value), seen) == ("timeout: give a number of seconds, such as 1800", [])
