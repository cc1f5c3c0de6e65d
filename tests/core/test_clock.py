"""The machine's clock, in real time; the tests of what goes by it have clocks of their own."""

import math
import threading

import pytest

from pulumi_nao.waiting.clock import SystemClock


@pytest.fixture
def in_a_thread():
    """Make a call in another thread; what comes back awaits its result."""

    def begin(call):
        results = []
        thread = threading.Thread(target=lambda: results.append(call()), daemon=True)
        thread.start()

        def result():
            thread.join(30)
            return results

        return result

    return begin


def test_an_event_is_awaited_until_another_thread_sets_it(in_a_thread):
    event = SystemClock().event()
    result = in_a_thread(lambda: event.wait(math.inf))
    event.set()
    assert result() == [True]


def test_an_event_that_nobody_sets_is_awaited_no_longer_than_asked():
    assert not SystemClock().event().wait(0.01)


def test_a_cancel_ends_the_wait_for_an_event(in_a_thread):
    cancel = threading.Event()
    event = SystemClock(cancel).event()
    result = in_a_thread(lambda: event.wait(math.inf))
    cancel.set()
    assert result() == [False]


@pytest.mark.parametrize("is_set", [True, False])
def test_after_a_cancel_an_event_is_not_awaited_but_still_seen(is_set):
    cancel = threading.Event()
    cancel.set()
    event = SystemClock(cancel).event()
    if is_set:
        event.set()
    assert event.wait(math.inf) is is_set
