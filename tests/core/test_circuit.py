"""Whether a server is worth a try: with a fleet, in virtual time, and the real code of publications around it."""

import random
import ssl

import pytest
import requests

from pulumi_nao.cloud.circuit import Circuit
from pulumi_nao.errors import PollFailed, ServerUnreachable
from pulumi_nao.lifecycle import Runner
from pulumi_nao.simulator.world import Site
from pulumi_nao.waiting.clock import DEFAULT_LIMIT, Deadline, Limit
from tests.attempts import wanted
from tests.core.fake_clock import FakeClock
from tests.core.virtual_service import SERVER, VirtualService
from tests.core.virtual_time import VirtualClock

REFUSED = "connection refused"
BAD_SITES = range(0, 1000, 7)


def away(*absences):
    """A server that is there but for these times."""
    return lambda now: ConnectionRefusedError() if any(begin <= now < end for begin, end in absences) else None


def refusing(_now):
    return ConnectionRefusedError()


def swallowing(_now):
    return requests.ConnectTimeout()


class Fleet:
    """Publishes sites, so many at a time, and keeps how and when each of them ended."""

    def __init__(self, out_of_reach, *, latency=0.05, limit=DEFAULT_LIMIT):
        self.clock = VirtualClock()
        sites = [Site(number, graph=number not in BAD_SITES, job_seconds=21.0) for number in range(1, 1000)]
        self.service = VirtualService(self.clock, sites, out_of_reach=out_of_reach, latency=latency)
        self.publisher = Runner(self.service.client(), self.clock)
        self.limit = limit
        self.outcomes = {}
        self.ended = {}

    def publish(self, sites, at_once):
        todo = iter(sites)

        def work():
            for site in todo:
                self.outcomes[site] = self.publisher.run(wanted(site, base_url=SERVER), self.limit)
                self.ended[site] = self.clock.time

        self.clock.run(*[work] * at_once)

    def errors(self):
        return {type(outcome.error) for outcome in self.outcomes.values()}


@pytest.mark.parametrize("at_once", [4, 16, 100])
@pytest.mark.parametrize("begin", [0.0, 10.0, 25.0])
def test_a_fleet_meets_a_shaky_balancer_and_two_minutes_of_absence_and_ends_as_the_server_says(at_once, begin):
    chance = random.Random(1)  # noqa: S311 - nothing secret
    absence = away((begin, begin + 120.0))

    def out_of_reach(now):
        return absence(now) or (ssl.SSLError("alert internal error") if chance.random() < 0.1 else None)

    fleet = Fleet(out_of_reach)
    fleet.publish(range(1, 101), at_once)
    assert sorted(fleet.service.posts) == list(range(1, 101))
    for site, outcome in fleet.outcomes.items():
        expected = "failure" if site in BAD_SITES else "success"
        assert (site, outcome.attempt.status) == (site, expected)
    assert fleet.service.probes == []


@pytest.mark.parametrize(
    ("at_once", "limit", "seconds"),
    [(1, 1800, 300), (16, 1800, 300), (200, 1800, 300), (1, 60, 360), (16, 60, 360), (200, 60, 60)],
)
def test_a_server_that_is_down_for_a_whole_run_costs_it_five_minutes_and_one_last_time_out(at_once, limit, seconds):
    fleet = Fleet(refusing, limit=Limit(limit, "nao:timeout"))
    fleet.publish(range(1, 201), at_once)
    assert fleet.errors() == {ServerUnreachable}
    assert fleet.clock.time == pytest.approx(seconds, abs=1)
    assert fleet.service.posts == []


def test_a_server_that_swallows_every_connection_costs_a_run_hardly_more():
    fleet = Fleet(swallowing, latency=10.0)
    fleet.publish(range(1, 201), 16)
    assert fleet.errors() == {ServerUnreachable}
    assert fleet.clock.time == pytest.approx(310, abs=10)


def opened(out_of_reach):
    """A fleet whose circuit has opened at 300 s: site 1 has tried for so long."""
    fleet = Fleet(out_of_reach)
    fleet.publish([1], 1)
    assert fleet.ended[1] == pytest.approx(300, abs=1)
    return fleet


def sleep_until(clock, moment):
    clock.run(lambda: clock.sleep(moment - clock.time))


def test_after_five_minutes_without_the_server_the_next_site_is_refused_at_once_and_told_why():
    fleet = opened(refusing)
    fleet.publish([2], 1)
    assert fleet.ended[2] == fleet.ended[1]
    assert fleet.outcomes[2].error.headline == (
        "publication of site 2 not sent: cannot connect to http://127.0.0.1: connection refused; "
        "nothing of this run has reached it for 5 min"
    )


def test_a_minute_later_one_question_is_asked_for_all_and_refuses_them_when_nothing_comes_of_it():
    fleet = opened(refusing)
    sleep_until(fleet.clock, 361)
    fleet.publish(range(2, 30), 28)
    assert fleet.service.probes == [361.0]
    assert fleet.errors() == {ServerUnreachable}
    assert fleet.clock.time == pytest.approx(361, abs=1)


def test_after_a_question_in_vain_the_next_one_is_a_minute_away():
    fleet = opened(refusing)
    for moment in (361, 415, 422, 470, 500):
        sleep_until(fleet.clock, moment)
        fleet.publish([moment], 1)
    assert fleet.service.probes == [361.0, 422.0, 500.0]


def test_an_answer_to_the_question_lets_all_sites_through():
    fleet = opened(away((0, 1500)))
    sleep_until(fleet.clock, 1500)
    fleet.publish(range(2, 30), 28)
    assert (fleet.service.probes, sorted(fleet.service.posts)) == ([1500.0], list(range(2, 30)))


def test_a_site_that_waits_for_the_question_waits_no_longer_than_its_own_time():
    fleet = Fleet(swallowing, latency=8.0)
    fleet.publish([1], 1)
    sleep_until(fleet.clock, fleet.clock.time + 60)
    began = fleet.clock.time
    fleet.publish([2], 1)
    assert fleet.clock.time - began == 8.0
    sleep_until(fleet.clock, fleet.clock.time + 60)
    began = fleet.clock.time
    outcomes = []

    def hurried():
        fleet.clock.sleep(1)
        outcomes.append(fleet.publisher.run(wanted(4, None), Limit(2, "nao:timeout")))
        outcomes.append(fleet.clock.time - began)

    fleet.clock.run(lambda: fleet.publisher.run(wanted(3, None), DEFAULT_LIMIT), hurried)
    assert outcomes[0].error.headline == (
        "publication of site 4 not sent: no time was left for it after 2 s, the limit set by nao:timeout"
    )
    assert outcomes[1] == 3.0


def circuit_open(clock):
    circuit = Circuit(clock)
    circuit.failed(REFUSED)
    while clock.time < 300:
        clock.sleep(15)
        circuit.failed(REFUSED)
    return circuit


def silent_for(clock, seconds):
    """A question to which no answer comes, after so many seconds at the most."""

    def ask(longest):
        clock.sleep(min(longest, seconds))
        raise PollFailed("no answer in time")

    return ask


def in_vain(_seconds):
    raise PollFailed(REFUSED)


def answered(_seconds):
    pass


def is_open(circuit, clock, ask=in_vain):
    return circuit.refusal(Deadline(1800, "test", clock), ask) is not None


def test_a_question_takes_ten_seconds_at_the_most(clock):
    circuit = circuit_open(clock)
    clock.sleep(60)
    assert is_open(circuit, clock, silent_for(clock, 60))
    assert clock.slept[-1] == 10


def test_a_question_cut_short_by_its_askers_own_time_says_nothing(clock):
    circuit = circuit_open(clock)
    clock.sleep(60)
    assert circuit.refusal(Deadline(2, "test", clock), silent_for(clock, 60)) is None
    assert not is_open(circuit, clock, answered)


def test_a_question_cut_short_by_a_cancel_says_nothing():
    clock = FakeClock(cancel_at=365)
    circuit = circuit_open(clock)
    clock.sleep(60)
    assert not is_open(circuit, clock, silent_for(clock, 60))
    assert clock.time == 365


def test_a_question_that_fails_for_good_lets_each_site_say_so_itself(clock):
    circuit = circuit_open(clock)
    clock.sleep(60)

    def ask(_seconds):
        untrusted = PollFailed("the server's certificate is not trusted")
        untrusted.may_pass = False
        raise untrusted

    assert not is_open(circuit, clock, ask)


def test_an_answer_to_somebody_else_counts_more_than_a_question_in_vain(clock):
    circuit = circuit_open(clock)
    clock.sleep(60)

    def ask(_seconds):
        circuit.answered()
        raise PollFailed(REFUSED)

    assert not is_open(circuit, clock, ask)


def test_a_defect_of_the_question_keeps_nobody_else_from_asking(clock):
    circuit = circuit_open(clock)
    clock.sleep(60)
    with pytest.raises(ZeroDivisionError):
        is_open(circuit, clock, lambda _seconds: 1 / 0)
    assert not is_open(circuit, clock, answered)


def test_any_answer_closes_the_circuit(clock):
    circuit = circuit_open(clock)
    circuit.answered()
    assert not is_open(circuit, clock)


def test_what_failed_before_an_answer_counts_no_more(clock):
    circuit = Circuit(clock)
    for _ in range(40):
        circuit.failed(REFUSED)
        clock.sleep(15)
        circuit.failed(REFUSED)
        circuit.answered()
        assert not is_open(circuit, clock)


def test_failures_that_are_far_apart_are_no_absence(clock):
    circuit = Circuit(clock)
    for _ in range(10):
        circuit.failed(REFUSED)
        clock.sleep(121)
        assert not is_open(circuit, clock)


def test_the_absence_is_as_long_as_it_was(clock):
    clock.sleep(1000)
    circuit = Circuit(clock)
    for seconds in (0, 100, 100, 100, 1200):
        clock.sleep(seconds)
        circuit.failed(REFUSED)
    assert is_open(circuit, clock)
    assert circuit.refusal(Deadline(1, "test", clock), in_vain) == (
        "connection refused; nothing of this run has reached it for 25 min"
    )


def test_sites_that_go_on_trying_put_no_question_off(clock):
    circuit = circuit_open(clock)
    clock.sleep(50)
    circuit.failed(REFUSED)
    clock.sleep(10)
    assert not is_open(circuit, clock, answered)
