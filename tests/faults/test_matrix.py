"""Every fault at every moment ends in one known way, and so does the next `up`."""

import pytest

from tests.faults.catalogue import FAULTS
from tests.faults.rows import ROWS
from tests.faults.run import KEY, MOMENTS, run

CASES = [
    pytest.param(fault, moment, expected, id=f"{fault} at {moment}")
    for fault, cells in ROWS.items()
    for moment, expected in zip(MOMENTS, cells, strict=True)
]


def test_the_matrix_has_a_row_for_every_fault():
    assert list(ROWS) == list(FAULTS)


@pytest.mark.parametrize(("fault", "moment", "expected"), CASES)
def test_a_fault_ends_in_one_known_way(fault, moment, expected):
    outcome, seen = run(fault, moment)
    assert seen == expected
    assert KEY not in str(outcome.error)


def test_a_second_job_is_started_only_after_an_end_that_says_so():
    ends = {end.end for cells in ROWS.values() for end in cells if end.jobs > 1}
    assert ends == {"MayHaveStarted", "JobFailed", "JobGone"}
