"""The rows of the fault matrix that matter most, through the real plugin host: what is said, saved, and done next."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import grpc
import pytest
from google.protobuf import json_format
from pulumi.runtime.proto import provider_pb2, status_pb2

from tests.faults.catalogue import injection

MAY_HAVE_STARTED = "publication of site 910 may have started: "
FAILED = "publication of site 910 failed: "
NOT_FOLLOWED = "publication of site 910 not followed to its end: "
PUBLISHES = "The next `pulumi up` publishes again."
WAITS = "The next `pulumi up` goes on waiting for this job."
TRIES = "The next `pulumi up` tries again."


@dataclass(frozen=True)
class Row:
    """A fault that fails a `create`, and the `update` or `create` after it.

    Attributes:
        said: The beginning of the error on the resource's row.
        next_step: Its last line.
        status: What is saved; `None` if nothing is.
        job: The id of the job that is saved; `None` if none is.
        posts: How many POSTs there were in both calls together.
        jobs: How many jobs were started.
    """

    said: str
    next_step: str
    status: str | None
    job: str | None
    posts: int
    jobs: int


ROWS = {
    "publish:1=reset-before": Row(MAY_HAVE_STARTED + "the connection was reset", PUBLISHES, "unknown", None, 2, 1),
    "publish:1=reset-after": Row(MAY_HAVE_STARTED + "the connection was reset", PUBLISHES, "unknown", None, 2, 2),
    "publish:1=html-504": Row(MAY_HAVE_STARTED + "the server answered 504", PUBLISHES, "unknown", None, 2, 2),
    "publish:1=200-for-303": Row(MAY_HAVE_STARTED + "the server answered 200", PUBLISHES, "unknown", None, 2, 2),
    "publish:1=location-other-host": Row(
        MAY_HAVE_STARTED + "the job is said to be on another host, evil.example", PUBLISHES, "unknown", None, 2, 2
    ),
    "publish:1=truncate-headers": Row(
        MAY_HAVE_STARTED + "the answer was cut short", PUBLISHES, "unknown", None, 2, 2
    ),
    "publish:1=401": Row("publication of site 910 refused by the server: 401", TRIES, None, None, 2, 1),
    "publish:1=422": Row("publication of site 910 refused by the server: 422", TRIES, None, None, 2, 1),
    "job:1=401": Row(NOT_FOLLOWED + "the server refuses the key: 401", WAITS, "unknown", "48145", 1, 1),
    "job:2=401": Row(NOT_FOLLOWED + "the server refuses the key: 401", WAITS, "In progress", "48145", 1, 1),
    "job:1-3=json-null": Row(NOT_FOLLOWED + "the answer is no job", WAITS, "unknown", "48145", 1, 1),
    "job:1=json-finished-in-progress": Row(
        FAILED + "the job ended with status 'In progress'", PUBLISHES, "In progress", "48145", 2, 2
    ),
    "job:2=json-failure": Row(FAILED + "Missing graph or indoor area.", PUBLISHES, "failure", "48145", 2, 2),
}


def _inputs(nao):
    return {"site_id": 910, "config_namespace": "nao", "base_url": nao.url}


def _saved(error):
    status = status_pb2.Status()
    status.ParseFromString(dict(error.trailing_metadata())["grpc-status-details-bin"])
    if not status.details:
        return status.message, None
    saved = provider_pb2.ErrorResourceInitFailed()
    status.details[0].Unpack(saved)
    return status.message, json_format.MessageToDict(saved.properties)


@pytest.mark.parametrize("text", ROWS)
def test_a_fault_fails_the_call_and_the_next_call_mends_it(host, nao, text):
    row = ROWS[text]
    nao.add_site(910, job_seconds=600.0)  # so that it is looked at twice, however slow the machine is
    nao.inject(injection(text))
    host.check({"site_id": 910, "config_namespace": "nao"})
    with pytest.raises(grpc.RpcError) as caught:
        host.create(_inputs(nao))
    nao.add_site(910, job_seconds=0.1)
    for job in nao.jobs:
        nao.finish_job(job.id)
    message, saved = _saved(caught.value)
    said = host.log.lines[-1].message if saved else message
    assert said.startswith(row.said)
    assert said.endswith(row.next_step)
    assert ((saved or {}).get("status"), (saved or {}).get("job_id")) == (row.status, row.job)
    answer = host.update(saved, _inputs(nao)) if saved else host.create(_inputs(nao))
    assert json_format.MessageToDict(answer.properties)["status"] == "success"
    assert (nao.count("publish"), nao.publications(910)) == (row.posts, row.jobs)


@pytest.mark.parametrize(
    ("text", "posts"),
    [("publish:1=429-seconds:1", 2), ("publish:1=truncate-body", 1), ("job:1-2=html-502", 1), ("job:1=huge-body", 1)],
)
def test_a_fault_that_passes_fails_nothing(host, nao, text, posts):
    nao.inject(injection(text))
    host.check({"site_id": 910, "config_namespace": "nao"})
    answer = host.create(_inputs(nao))
    assert json_format.MessageToDict(answer.properties)["status"] == "success"
    assert (nao.count("publish"), nao.publications(910)) == (posts, 1)


def test_a_cancel_while_a_look_hangs_saves_the_job(host, nao):
    nao.inject(injection("job=stall-in-body"))
    host.check({"site_id": 910, "config_namespace": "nao"})
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(host.create, _inputs(nao))
        while nao.count("job") == 0:
            time.sleep(0.01)
        host.cancel()
        _, saved = _saved(call.exception(30))
    assert (saved["status"], saved["job_id"]) == ("unknown", "48145")
