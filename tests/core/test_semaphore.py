import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_nao.waiting.semaphore import Semaphore


def never():
    return False


def test_first_come_first_served():
    places = Semaphore(1)
    served = []

    def come(number):
        with places.acquired(never):
            served.append(number)

    with ThreadPoolExecutor(5) as visitors, places.acquired(never):
        for number in range(5):
            visitors.submit(come, number)
            while len(places._line) <= number:
                time.sleep(0.001)
    assert served == [0, 1, 2, 3, 4]


def test_who_gives_up_in_line_leaves_no_gap():
    places = Semaphore(1)
    with places.acquired(never), places.acquired(lambda: True) as second:
        assert not second
    with places.acquired(never) as third:
        assert third


def test_an_interrupted_wait_in_line_gives_its_place_up():
    places = Semaphore(1)

    def interrupt():
        raise KeyboardInterrupt

    with places.acquired(never), pytest.raises(KeyboardInterrupt), places.acquired(interrupt):
        pass
    with places.acquired(never) as place:
        assert place


def test_a_place_comes_back_after_an_error():
    places = Semaphore(1)
    with pytest.raises(ValueError, match="wrong"), places.acquired(never):
        raise ValueError("wrong")
    with places.acquired(never) as place:
        assert place
