import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_nao.places import Places


def never():
    return False


def test_first_come_first_served():
    places = Places(1)
    served = []

    def come(number):
        with places.one(never):
            served.append(number)

    with ThreadPoolExecutor(5) as visitors, places.one(never):
        for number in range(5):
            visitors.submit(come, number)
            while len(places._line) <= number:
                time.sleep(0.001)
    assert served == [0, 1, 2, 3, 4]


def test_who_gives_up_in_line_leaves_no_gap():
    places = Places(1)
    with places.one(never), places.one(lambda: True) as second:
        assert not second
    with places.one(never) as third:
        assert third


def test_an_interrupted_wait_in_line_gives_its_place_up():
    places = Places(1)

    def interrupt():
        raise KeyboardInterrupt

    with places.one(never), pytest.raises(KeyboardInterrupt), places.one(interrupt):
        pass
    with places.one(never) as place:
        assert place


def test_a_place_comes_back_after_an_error():
    places = Places(1)
    with pytest.raises(ValueError, match="wrong"), places.one(never):
        raise ValueError("wrong")
    with places.one(never) as place:
        assert place
