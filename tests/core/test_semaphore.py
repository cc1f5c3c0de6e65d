import math

import pytest

from pulumi_nao.waiting.clock import Deadline
from pulumi_nao.waiting.semaphore import Semaphore
from tests.core.virtual_time import VirtualClock


class Visits:
    """What comes of visits to one place, each of which takes ten seconds."""

    def __init__(self, cancel_at=math.inf):
        self.clock = VirtualClock(cancel_at)
        self.places = Semaphore(self.clock, 1)
        self.seen = []

    def visit(self, name, patience=math.inf):
        def visiting():
            with self.places.acquired(Deadline(patience, "test", self.clock)) as place:
                self.seen.append((name, place, self.clock.time))
                if place:
                    self.clock.spend(10)

        return visiting


def test_first_come_first_served():
    visits = Visits()
    visits.clock.run(*(visits.visit(name) for name in "abc"))
    assert visits.seen == [("a", True, 0), ("b", True, 10), ("c", True, 20)]


def test_who_gives_up_in_line_leaves_no_gap():
    visits = Visits()
    visits.clock.run(visits.visit("a"), visits.visit("b", patience=3), visits.visit("c"))
    assert visits.seen == [("a", True, 0), ("b", False, 3), ("c", True, 10)]


def test_a_cancel_ends_the_line_at_once():
    visits = Visits(cancel_at=4)
    visits.clock.run(visits.visit("a"), visits.visit("b"), visits.visit("c"))
    assert visits.seen == [("a", True, 0), ("b", False, 4), ("c", False, 4)]


def test_an_interrupted_wait_in_line_gives_its_place_up(clock):
    places = Semaphore(clock, 1)

    def interrupt():
        raise KeyboardInterrupt

    with places.acquired(), pytest.raises(KeyboardInterrupt), places.acquired(in_line=interrupt):
        pass
    with places.acquired() as place:
        assert place


def test_a_place_comes_back_after_an_error(clock):
    places = Semaphore(clock, 1)
    with pytest.raises(ValueError, match="wrong"), places.acquired():
        raise ValueError("wrong")
    with places.acquired() as place:
        assert place
