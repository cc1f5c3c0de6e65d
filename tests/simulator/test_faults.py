from __future__ import annotations

import http.client
import time
from contextlib import closing

import pytest

from pulumi_nao.simulator import Answer, HangUp, Injection, Silence, Simulator
from pulumi_nao.simulator.faults import fault

from .wire import KEY, ask, connect, look, publish

LOOK = "/api/v2/background_jobs/48145"


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("hang-up-before", HangUp()),
        ("hang-up-after", HangUp(after_effect=True)),
        ("reset-after", HangUp(after_effect=True, reset=True)),
        ("silence:5", Silence(5)),
        (
            "429-seconds:30",
            Answer(429, {"Retry-After": "30"}, {"errors": [{"status": "429", "title": "Too Many Requests"}]}),
        ),
    ],
)
def test_a_fault_is_a_reply_with_a_name(name, reply):
    assert fault(name) == reply


@pytest.mark.parametrize("name", ["reset-before", "reset-after"])
def test_a_reset_is_one(nao, name):
    nao.script("job", name)
    with pytest.raises(ConnectionResetError) as caught:
        look(nao)
    assert caught.type is ConnectionResetError


def test_a_silence_ends_with_the_normal_answer(nao):
    nao.script("publish", Silence(0.01))
    assert (publish(nao).status, nao.publications(910)) == (303, 1)


def test_a_silence_ends_with_the_simulator(nao):
    nao.script("job", Silence())
    with closing(connect(nao)) as connection:
        connection.request("GET", LOOK, headers={"Authorization": KEY})
        while nao.count("job") == 0:
            time.sleep(0.001)
        nao.stop()
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()


def test_a_server_that_refuses_comes_back_on_its_port(nao):
    publish(nao)
    nao.script("job", "refuse:0.3")
    assert look(nao).status == 200
    with pytest.raises(ConnectionRefusedError):
        look(nao)
    while True:
        try:
            assert look(nao).status == 200
            break
        except ConnectionRefusedError:
            time.sleep(0.01)


def test_a_server_that_refuses_lets_no_connection_last(nao):
    publish(nao)
    with closing(connect(nao)) as idle:
        ask(idle, "GET", LOOK)
        nao.script("job", "refuse")
        look(nao)
        assert idle.sock.recv(1) == b""


def test_a_server_that_refuses_can_be_stopped_and_started_at_once(nao):
    publish(nao)
    nao.script("job", "refuse")
    look(nao)
    nao.stop()
    nao.start()
    assert look(nao).status == 200


def test_an_injection_counts_the_requests_of_its_route(nao):
    nao.inject("publish:2=503", "job:2-3=404", "job:5-=410")
    assert [publish(nao).status for _ in range(3)] == [303, 503, 303]
    assert [look(nao).status for _ in range(6)] == [200, 404, 404, 200, 410, 410]


def test_an_injection_without_a_number_hits_every_request(nao):
    nao.inject("job=404")
    publish(nao)
    assert {look(nao).status for _ in range(3)} == {404}


def test_an_injection_for_a_site_counts_that_site_alone(nao):
    nao.add_site(911)
    nao.inject("publish/911:2=503")
    assert [publish(nao, site).status for site in (911, 910, 911, 911)] == [303, 303, 503, 303]


def test_what_is_scripted_goes_before_what_is_injected(nao):
    nao.inject("publish:1-2=503")
    nao.script("publish", Answer(500))
    assert [publish(nao).status for _ in range(3)] == [500, 503, 303]


def test_the_earlier_of_two_injections_wins(nao):
    nao.inject("publish:2=500", "publish=503")
    assert [publish(nao).status for _ in range(3)] == [503, 500, 503]


def test_injections_are_cleared_with_the_scripts(nao):
    nao.inject("publish=503")
    nao.flaky(1, seed=1)
    nao.clear_scripts()
    assert publish(nao).status == 303


def test_a_reply_of_ones_own_can_be_injected(nao):
    nao.inject(Injection("publish", Answer(418), first=2, last=2))
    assert [publish(nao).status for _ in range(3)] == [303, 418, 303]


def test_one_bad_injection_keeps_the_others_out(nao):
    with pytest.raises(ValueError, match="there is no fault"):
        nao.inject("publish=503", "publish=nonsense")
    assert publish(nao).status == 303


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("publish", "'publish' is no injection: write ROUTE[/SITE][:WHICH]=FAULT, such as publish:2=reset-after"),
        ("publsh=503", "there is no route 'publsh'; the routes are publish, job, action, other"),
        ("publish/x=503", "'x' is no site; write for instance publish/910"),
        ("publish:0=503", "'0' does not say which requests; write 2 (the second), 2-4, or 2- (from the second on)"),
        ("publish:4-2=503", "request 2 comes before request 4"),
        ("other/910=503", "requests on the route 'other' belong to no site"),
        ("job=reset-afte", "there is no fault 'reset-afte'; did you mean reset-after"),
        ("job=quux", "there is no fault 'quux'; `simulate --list-faults` names them all"),
        ("job=404:5", "the fault 404 takes no seconds; write 404 alone"),
        ("job=refuse:slow", "'slow' is no number of seconds; write for instance refuse:5"),
    ],
)
def test_a_bad_injection_is_told_with_what_to_write(nao, text, complaint):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at
        nao.inject(text)
    assert complaint in str(caught.value)


def statuses(nao, count=40):
    return [look(nao).status for _ in range(count)]


def test_a_flaky_simulator_fails_the_same_requests_for_the_same_seed():
    runs = []
    for seed in (7, 7, 8):
        with Simulator() as nao:
            nao.add_key(KEY)
            nao.flaky(0.5, seed=seed, faults=["500", "503"])
            runs.append(statuses(nao))
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {404, 500, 503}


def test_the_chances_of_a_site_do_not_depend_on_the_others():
    runs = []
    for others in (0, 3):
        with Simulator() as nao:
            nao.add_key(KEY)
            nao.add_site(910)
            nao.add_site(911)
            nao.flaky(0.5, seed=7, faults=["500"])
            run = []
            for _ in range(20):
                for _ in range(others):
                    publish(nao, 911)
                run.append(publish(nao, 910).status)
            runs.append(run)
    assert runs[0] == runs[1]
    assert set(runs[0]) == {303, 500}


@pytest.mark.parametrize(("share", "expected"), [(0, {200}), (1, {500})])
def test_the_share_says_how_many_fail(nao, share, expected):
    publish(nao)
    nao.flaky(share, seed=1, faults=["500"], routes=["job"])
    assert set(statuses(nao)) == expected


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"share": 20}, "must be from 0 to 1, not 20"),
        ({"share": 0.2, "faults": []}, "needs at least one fault"),
        ({"share": 0.2, "faults": ["x"]}, "there is no fault 'x'"),
        ({"share": 0.2, "routes": ["x"]}, "there is no route 'x'"),
    ],
)
def test_a_flaky_simulator_that_makes_no_sense_is_refused(nao, arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        nao.flaky(**arguments, seed=1)
