"""A server may repeat a secret body in any of its words: of such a call, none of them goes on."""

import pytest

from pulumi_nao import Action, NaoClient, NaoError
from pulumi_nao.simulator import Answer

KEY = "k-0123456789-host-tier"
SECRET = "correct-horse-battery"
PATH = "sites/910/import"
CALL = Action(f"POST {PATH}", PATH, body={"password": SECRET}, is_secret=True)
ECHO = {"errors": [{"title": SECRET, "detail": f"{SECRET} is no password."}]}
HEADERS = {"x-request-id": SECRET, "Retry-After": SECRET, "Location": f"https://{SECRET}.example.com/{SECRET}"}


@pytest.fixture
def client(nao):
    with NaoClient(KEY, nao.url) as client:
        yield client


@pytest.mark.parametrize("status", [200, 201, 202, 301, 303, 400, 401, 403, 422, 429, 500, 503])
def test_no_error_repeats_a_secret_body(nao, client, status):
    nao.add_action("POST", PATH, Answer(status, headers=HEADERS, body=ECHO))
    with pytest.raises(NaoError) as caught:
        client.start(CALL)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("status", ["failure", SECRET])
def test_no_state_of_a_job_repeats_a_secret_body(nao, client, status):
    nao.add_action("POST", PATH, job_seconds=60)
    job = client.start(CALL)
    nao.finish_job(job.id, status=status, message=f"{SECRET} is no password.")
    assert SECRET not in repr(job.poll())
    assert SECRET not in repr(client.job(job.id, is_secret=True).poll())


def test_a_body_that_is_no_secret_keeps_the_servers_words(nao, client):
    nao.add_action("POST", PATH, Answer(422, body=ECHO))
    with pytest.raises(NaoError, match=f"The server's words: {SECRET}: {SECRET} is no password"):
        client.start(Action(CALL.name, PATH, body=CALL.body))
