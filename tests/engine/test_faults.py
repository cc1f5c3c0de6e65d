"""Rows of the fault matrix on the real engine: two runs of `pulumi up`, the fault in the first."""

import pytest

MAY_HAVE_STARTED = "error: publication of site 910 may have started: "
NOT_FOLLOWED = "error: publication of site 910 not followed to its end: "


@pytest.mark.parametrize(
    ("injection", "said", "recorded", "jobs"),
    [
        ("publish:1=reset-before", MAY_HAVE_STARTED + "the connection was reset", ("unknown", None), 1),
        ("publish:1=reset-after", MAY_HAVE_STARTED + "the connection was reset", ("unknown", None), 2),
        ("publish:1=html-504", MAY_HAVE_STARTED + "the server answered 504", ("unknown", None), 2),
        (
            "publish:1=location-other-host",
            MAY_HAVE_STARTED + "the job is said to be on another",
            ("unknown", None),
            2,
        ),
        ("job:1=401", NOT_FOLLOWED + "the server refuses the key: 401", ("unknown", "48145"), 1),
        ("job:1-3=json-null", NOT_FOLLOWED + "the answer is no job", ("unknown", "48145"), 1),
        ("job:1=json-finished-unknown", "the job ended with status 'Paused'", ("Paused", "48145"), 2),
    ],
)
def test_a_fault_makes_the_run_red_and_the_next_run_ends_what_it_left(stack, injection, said, recorded, jobs):
    stack.nao.inject(injection)
    run = stack.up()
    assert run.code != 0
    assert said in run.output
    outputs = stack.publication()["outputs"]
    assert (outputs["status"], outputs.get("job_id")) == recorded
    assert stack.up().green
    assert stack.publication()["outputs"]["status"] == "success"
    assert stack.nao.publications(910) == jobs


@pytest.mark.parametrize(
    ("injection", "said"),
    [
        ("publish:1=422", "publication of site 910 refused by the server: 422 Unprocessable Entity"),
        ("publish:1=401", "publication of site 910 refused by the server: 401 Unauthorized"),
    ],
)
def test_a_refusal_records_nothing_and_the_next_run_publishes(stack, injection, said):
    stack.nao.inject(injection)
    run = stack.up()
    assert run.code != 0
    assert said in run.output
    assert stack.publication() is None
    assert stack.up().green
    assert stack.nao.publications(910) == 1


def test_faults_that_pass_leave_one_green_run_and_one_job(stack):
    stack.nao.inject("publish:1=429-seconds:1", "publish:2=truncate-body")
    stack.nao.inject("job:1=html-502", "job:2=reset-after", "job:3=stall-in-body:0.2", "job:4=gzip-broken")
    assert stack.up().green
    assert (stack.nao.count("publish"), stack.nao.publications(910)) == (2, 1)
