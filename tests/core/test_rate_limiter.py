import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_nao.cloud.rate_limiter import RateLimiter
from pulumi_nao.errors import HeldBack, TooManyRequests
from pulumi_nao.jobs import start
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator.limit import RequestLimit
from pulumi_nao.simulator.world import Site
from pulumi_nao.waiting.clock import Deadline, Limit
from tests.attempts import wanted
from tests.core.fake_clock import FakeClock
from tests.core.virtual_service import SERVER, FixedWindow, VirtualService
from tests.core.virtual_time import VirtualClock


def per_second(number):
    return lambda clock: RequestLimit(number, clock)


def publish(sites, limit=None, requests_per_second=None, job_seconds=21.0, cancel_at=float("inf"), timeout=1800):
    """Publish sites side by side; the service as it stands in the end, and the outcomes."""
    clock = VirtualClock(cancel_at)
    numbers = range(1, sites + 1)
    service = VirtualService(clock, [Site(number, job_seconds=job_seconds) for number in numbers], limit)
    rate_limiter = RateLimiter(clock, requests_per_second)
    publisher = Runner(service.client(rate_limiter), clock)
    outcomes = []

    def publishing(site):
        return lambda: outcomes.append(publisher.run(wanted(site, base_url=SERVER), Limit(timeout, "test")))

    clock.run(*(publishing(number) for number in numbers))
    assert not rate_limiter._line
    return service, outcomes


def test_without_a_refusal_nobody_waits(clock):
    limiter = RateLimiter(clock)
    assert [limiter.acquire() for _ in range(3)] == [1, 2, 3]
    assert clock.slept == []


def test_a_configured_limit_keeps_requests_apart_from_the_start(clock):
    limiter = RateLimiter(clock, requests_per_second=2)
    for _ in range(3):
        limiter.acquire()
    assert clock.slept == [0.5, 0.5]


def test_a_pause_that_nobody_used_is_not_saved_up(clock):
    limiter = RateLimiter(clock, requests_per_second=2)
    limiter.acquire()
    clock.sleep(60)
    limiter.acquire()
    limiter.acquire()
    assert clock.slept == [60, 0.5]


@pytest.mark.parametrize(("retry_after", "pause"), [(None, 1.0), (0.0, 1.0), (7.0, 7.0), (3600.0, 60.0)])
def test_after_a_refusal_all_wait_as_long_as_the_server_asks_within_reason(clock, retry_after, pause):
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), retry_after)
    limiter.acquire()
    assert clock.time == pause


def test_after_the_first_refusal_ten_requests_a_second_go_out_and_each_is_a_little_faster(clock):
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), None)
    for _ in range(4):
        limiter.acquire()
    assert clock.slept == pytest.approx([1.0, 0.1, 0.0997, 0.0994009])


def test_requests_refused_together_slow_the_line_down_once(clock):
    limiter = RateLimiter(clock)
    numbers = [limiter.acquire() for _ in range(20)]
    for number in numbers:
        limiter.refused(number, None)
    limiter.acquire()
    limiter.acquire()
    assert clock.slept == pytest.approx([1.0, 0.1])


def test_each_further_refusal_slows_the_line_down_to_one_a_second_at_the_least(clock):
    limiter = RateLimiter(clock)
    for _ in range(30):
        limiter.refused(limiter.acquire(), None)
    limiter.acquire()
    limiter.acquire()
    assert clock.slept[-1] == pytest.approx(1.0)


def test_a_configured_limit_below_one_a_second_is_kept_after_refusals(clock):
    limiter = RateLimiter(clock, requests_per_second=0.25)
    limiter.refused(limiter.acquire(), None)
    limiter.acquire()
    limiter.acquire()
    assert clock.slept[-1] == pytest.approx(4.0)


def test_nobody_waits_in_line_past_the_deadline(clock):
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), 60)
    assert limiter.acquire(Deadline(5, "test", clock)) is None
    assert clock.time == 5


def test_a_cancel_ends_the_line_and_sends_nothing():
    clock = FakeClock(cancel_at=3)
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), 60)
    assert limiter.acquire() is None
    assert clock.time == 3


def test_a_look_that_need_not_wait_is_made_even_after_a_cancel():
    assert RateLimiter(FakeClock(cancel_at=0)).acquire() == 1


def test_patience_ends_when_the_server_lets_nothing_through_for_so_long(clock):
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), 60)
    limiter.refused(limiter.acquire(), 60)
    assert limiter.acquire(patience=100) is None
    assert 100 <= clock.time < 120


def test_a_request_that_is_let_through_renews_patience(clock):
    limiter = RateLimiter(clock)
    limiter.refused(limiter.acquire(), 60)
    limiter.acquire()
    limiter.accepted()
    limiter.refused(limiter.acquire(), 60)
    assert limiter.acquire(patience=100) is not None


def test_time_in_line_is_not_taken_from_the_patience_with_a_busy_server(clock):
    answers = [400.0, 400.0, None]

    def send():
        in_line = answers.pop(0)
        if in_line is None:
            return "job"
        clock.sleep(in_line)
        error = TooManyRequests("publication of site 910", "429 Too Many Requests")
        error.in_line = in_line
        raise error

    assert start("publication of site 910", send, Deadline(1800, "test", clock), clock=clock) == "job"


@pytest.mark.parametrize("job_seconds", [0.0, 21.0])
def test_500_sites_on_a_service_that_allows_20_requests_a_second_all_end_well(job_seconds):
    free, _ = publish(500, job_seconds=job_seconds)
    limited, outcomes = publish(500, per_second(20), job_seconds=job_seconds)
    assert all(outcome.error is None for outcome in outcomes)
    assert sorted(limited.posts) == list(range(1, 501))
    assert len(limited.requests) <= 1.2 * len(free.requests)


def test_500_sites_within_a_configured_limit_are_never_refused():
    service, outcomes = publish(500, per_second(20), requests_per_second=20)
    assert all(outcome.error is None for outcome in outcomes)
    assert service.refused == 0


def test_a_service_that_counts_by_the_minute_is_borne():
    service, outcomes = publish(500, lambda clock: FixedWindow(300, 60, clock))
    assert all(outcome.error is None for outcome in outcomes)
    assert sorted(service.posts) == list(range(1, 501))


def test_requests_go_out_in_the_order_in_which_they_lined_up():
    service, _ = publish(200, requests_per_second=20, job_seconds=0)
    assert service.posts == list(range(1, 201))


def test_a_fleet_that_runs_out_of_time_in_line_says_so_and_has_sent_nothing():
    service, outcomes = publish(50, requests_per_second=1, job_seconds=0, timeout=20)
    held_back = [outcome for outcome in outcomes if isinstance(outcome.error, HeldBack)]
    assert len(held_back) == 50 - len(service.posts)
    assert all(outcome.attempt is None for outcome in held_back)
    assert service.clock.time <= 21


@settings(deadline=None, max_examples=25)
@given(
    sites=st.integers(1, 60),
    allowed=st.floats(1, 50),
    job_seconds=st.floats(0, 60),
    seed=st.integers(0, 99),
)
def test_under_any_limit_every_site_is_published_once(sites, allowed, job_seconds, seed):
    random.seed(seed)
    service, outcomes = publish(sites, per_second(allowed), job_seconds=job_seconds)
    assert sorted(service.posts) == list(range(1, sites + 1))
    assert all(outcome.error is None for outcome in outcomes)


@settings(deadline=None, max_examples=25)
@given(sites=st.integers(1, 60), cancel_at=st.floats(0, 30))
def test_after_a_cancel_no_publication_is_started(sites, cancel_at):
    service, _ = publish(sites, per_second(2), cancel_at=cancel_at)
    assert [moment for method, moment in service.requests if method == "POST" and moment > cancel_at] == []
