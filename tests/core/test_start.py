import pytest

from pulumi_nao.errors import MayHaveStarted, NotSent, Rejected, ServerUnreachable, TooManyRequests
from pulumi_nao.jobs import start
from pulumi_nao.models import Job
from pulumi_nao.waiting.clock import Deadline
from tests.core.fake_clock import FakeClock

JOB = Job("publication of site 910", "7", "url", lambda: None)


def unreachable(reason="connection refused", *, may_pass=True):
    return ServerUnreachable("publication of site 910", "https://x", reason, may_pass=may_pass)


def busy(retry_after=None):
    error = TooManyRequests("publication of site 910", "429 Too Many Requests")
    error.retry_after = retry_after
    return error


class Sender:
    def __init__(self, *answers, last=JOB):
        self.answers = list(answers)
        self.last = last
        self.sent = 0

    def __call__(self):
        self.sent += 1
        answer = self.answers.pop(0) if self.answers else self.last
        if isinstance(answer, Exception):
            raise answer
        return answer


def run(sender, clock, limit=1800, report=lambda _line: None):
    return start("publication of site 910", sender, Deadline(limit, "default", clock), clock=clock, report=report)


def test_no_connection_is_tried_again(clock):
    assert run(Sender(unreachable(), unreachable()), clock) is JOB
    assert clock.slept == [1.0, 2.0]


def test_no_connection_is_given_up_after_five_minutes(clock):
    with pytest.raises(ServerUnreachable):
        run(Sender(last=unreachable()), clock)
    assert clock.time == 300.0


def test_an_absence_of_two_minutes_is_outlasted(clock):
    def send():
        if clock.time < 120:
            raise unreachable()
        return JOB

    assert run(send, clock) is JOB


def test_a_certificate_that_is_not_trusted_is_not_tried_again(clock):
    sender = Sender(unreachable(may_pass=False))
    with pytest.raises(ServerUnreachable):
        run(sender, clock)
    assert sender.sent == 1


def test_a_busy_server_is_asked_again_when_it_says(clock):
    run(Sender(busy(retry_after=20)), clock)
    assert clock.slept == [20]


def test_a_busy_server_is_given_up_after_five_minutes(clock):
    with pytest.raises(TooManyRequests):
        run(Sender(last=busy()), clock)
    assert clock.time == 300.0


def test_patience_ends_with_the_deadline(clock):
    with pytest.raises(TooManyRequests):
        run(Sender(last=busy()), clock, limit=5)
    assert clock.time == 5.0


def test_nothing_is_sent_at_the_deadline(clock):
    sender = Sender(unreachable())
    with pytest.raises(ServerUnreachable):
        run(sender, clock, limit=1)
    assert (clock.time, sender.sent) == (1.0, 1)


def test_nothing_is_sent_after_the_deadline(clock):
    deadline = Deadline(5, "configuration nao:timeout", clock)
    clock.sleep(5)
    sender = Sender()
    with pytest.raises(NotSent) as caught:
        start("publication of site 910", sender, deadline, clock=clock)
    assert caught.value.headline == (
        "publication of site 910 not sent: no time was left for it after 5 s, "
        "the limit set by configuration nao:timeout"
    )
    assert sender.sent == 0


def test_a_deadline_is_over_in_its_last_millisecond(clock):
    deadline = Deadline(5, "default", clock)
    clock.sleep(4.9995)
    assert deadline.remaining == 0.0


@pytest.mark.parametrize(
    "error",
    [MayHaveStarted("publication of site 910", "reset"), Rejected("publication of site 910", "404 Not Found")],
)
def test_what_may_have_had_an_effect_is_never_sent_twice(clock, error):
    sender = Sender(error)
    with pytest.raises(type(error)):
        run(sender, clock)
    assert sender.sent == 1


def test_the_delay_is_told_once(clock):
    told = []
    run(Sender(busy(), busy(), busy()), clock, report=told.append)
    assert told == ["refused by the server: 429 Too Many Requests; trying again for up to 5 min"]


def test_a_delay_whose_reason_changes_is_told_once_for_each_kind(clock):
    told = []
    troubles = [unreachable(), unreachable("reset"), busy(), unreachable(), busy(), unreachable("reset")]
    run(Sender(*troubles), clock, report=told.append)
    assert [line.partition("; ")[0] for line in told] == [
        "not sent: cannot connect to https://x: connection refused",
        "refused by the server: 429 Too Many Requests",
    ]


def test_nothing_is_sent_after_a_cancel():
    sender = Sender()
    with pytest.raises(NotSent, match="cancelled before it began"):
        run(sender, FakeClock(cancel_at=0))
    assert sender.sent == 0


def test_a_cancel_ends_the_patience():
    clock = FakeClock(cancel_at=0.5)
    with pytest.raises(NotSent):
        run(Sender(last=unreachable()), clock)
    assert clock.time == 0.5


def test_a_refused_connection_after_a_busy_minute_is_tried_again(clock):
    assert run(Sender(busy(50), busy(50), unreachable()), clock) is JOB
