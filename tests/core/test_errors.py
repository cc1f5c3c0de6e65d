"""What becomes of an error that travels: between processes, or from one operation to another."""

import pickle

import pytest

from pulumi_nao import errors

NAME = "publication of site 910"
ERRORS = [
    errors.ConfigurationError("there is no key", "Set it.", operation=NAME),
    errors.ServerUnreachable(NAME, "https://nao.example.com", "connection refused", may_pass=True),
    errors.HeldBack(NAME, "512 requests came first"),
    errors.OutcomeNotKnown(NAME, "2026-01-01T00:00:00.000Z", ""),
    errors.Rejected(NAME, "404 Not Found", "no such site", "r-1", "The key came from a file."),
    errors.KeyNotAccepted(NAME, "401 Unauthorized"),
    errors.MayHaveStarted(NAME, "connection reset", "r-1"),
    errors.Defect(NAME, ZeroDivisionError("boom")),
    errors.PollNotFound("the server does not know the job", operation="job 5"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_another_process_is_the_same_here(error):
    there = pickle.loads(pickle.dumps(error))
    assert type(there) is type(error)
    assert (str(there), vars(there)) == (str(error), vars(error))


def test_an_error_can_be_told_of_another_operation_and_stays_as_it_was():
    error = errors.PollNotFound("the server does not know the job", operation="job 5")
    assert error.of(NAME).headline == f"{NAME}: the server does not know the job"
    assert error.headline == "job 5: the server does not know the job"
