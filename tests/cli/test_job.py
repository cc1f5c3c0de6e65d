import math

import pytest

from pulumi_nao.simulator import Answer
from tests.cli.conftest import KEY


@pytest.fixture
def published(command):
    """Job 48145, which is done."""
    command("publish", "910")


@pytest.mark.usefixtures("published")
def test_a_job_that_is_done(command, nao):
    ended = command("job", "48145")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == f"job 48145: done in 0 s, {nao.url}/api/v2/background_jobs/48145\n"


@pytest.mark.usefixtures("published")
def test_an_address_from_a_log_will_do(command, nao):
    assert command("job", f"{nao.url}/api/v2/background_jobs/48145").code == 0


def test_the_address_of_another_server_is_not_asked(command, nao):
    ended = command("job", "http://127.0.0.1:1/api/v2/background_jobs/48145")
    assert ended.code == 3
    assert f"the job is on another server than the configured one, {nao.url}" in ended.err
    assert nao.count() == 0


def test_an_address_that_no_key_may_be_sent_to(command, nao):
    ended = command("job", "http://nao.example/api/v2/background_jobs/48145")
    assert ended.code == 3
    assert "the job's address cannot be used: plain http would show the key to the network" in ended.err
    assert nao.count() == 0


def test_a_job_that_failed(command):
    command("publish", "911")
    ended = command("job", "48145")
    assert ended.code == 5
    assert ended.err.startswith("job 48145 failed: Missing graph or indoor area. Please add.\n")


def test_a_job_that_runs(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    command("publish", "913", "--timeout", "100ms")
    ended = command("job", "48145")
    assert ended.code == 7
    assert ended.out == (
        f"job 48145: not finished, status 'In progress', {nao.url}/api/v2/background_jobs/48145\n"
        "  Await its end with `pulumi-nao job 48145 --wait`.\n"
    )


def test_a_job_is_awaited(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    command("publish", "913", "--timeout", "100ms")
    with command.started("job", "48145", "--wait") as waiting:
        nao.finish_job("48145")
        out, err = waiting.communicate(timeout=120)
    assert (waiting.returncode, err) == (0, "")
    assert out.startswith("job 48145: done in ")


def test_news_of_a_job_that_is_awaited_names_it_once(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    command("publish", "913", "--timeout", "100ms")
    nao.script("job", Answer(502))
    with command.started("job", "48145", "--wait") as waiting:
        first = waiting.stdout.readline()
        nao.finish_job("48145")
        waiting.communicate(timeout=60)
    assert first == "job 48145: the server answers 502 Bad Gateway; still waiting\n"


def test_a_wait_has_a_limit_and_says_how_to_go_on(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    command("publish", "913", "--timeout", "100ms")
    ended = command("job", "48145", "--timeout", "100ms")
    assert ended.code == 7
    assert ended.err.startswith("job 48145 not finished after 0.1 s, the limit set by --timeout")
    assert ended.err.endswith("  Go on with `pulumi-nao job 48145 --wait`.\n")


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer(401), 4, "job 48145: the server refuses the key: 401 Unauthorized"),
        (Answer(404), 6, "job 48145: the server does not know the job: 404 Not Found"),
        (Answer(502), 7, "job 48145: the server answers 502 Bad Gateway"),
    ],
)
@pytest.mark.usefixtures("published")
def test_a_look_that_brings_no_news_says_why(command, nao, answer, code, words):
    nao.script("job", answer)
    ended = command("job", "48145")
    assert ended.code == code
    assert ended.err.startswith(words)


@pytest.mark.parametrize("words", [[], ["--wait"]])
def test_a_look_that_cannot_pass_ends_the_command(outside, tmp_path, words):
    misled = outside.with_environment(
        NAO_API_KEY=KEY, NAO_BASE_URL="https://127.0.0.1:9", REQUESTS_CA_BUNDLE=str(tmp_path / "nowhere.pem")
    )
    ended = misled("job", "48145", *words)
    assert ended.code == 7
    assert "the file named by REQUESTS_CA_BUNDLE does not exist" in ended.err.splitlines()[0]


@pytest.mark.usefixtures("published")
def test_a_machine_reads_one_object(command, nao):
    ended = command("job", "48145", "--json")
    [record] = ended.records
    assert (record["job_id"], record["outcome"], record["status"], record["error"]) == (
        "48145",
        "done",
        "success",
        None,
    )
    assert record["job_url"] == f"{nao.url}/api/v2/background_jobs/48145"


def test_another_account_is_named_in_the_next_command(outside, nao):
    eu = outside.with_environment(NAO_EU_API_KEY=KEY, NAO_EU_BASE_URL=nao.url)
    nao.add_site(913, job_seconds=math.inf)
    eu("publish", "nao-eu:913", "--timeout", "100ms")
    ended = eu("job", "48145", "--namespace", "nao-eu")
    assert "`pulumi-nao job 48145 --wait --namespace nao-eu`" in ended.out


def test_without_a_key_nothing_is_sent(outside, nao):
    ended = outside.with_environment(NAO_BASE_URL=nao.url)("job", "48145")
    assert (ended.code, ended.out) == (3, "")
    assert nao.count() == 0


def test_a_machine_reads_of_a_missing_key_too(outside):
    [record] = outside("job", "48145", "--json").records
    assert (record["job_id"], record["outcome"], record["job_url"]) == ("48145", "not_sent", None)
    assert record["error"]["headline"] == "there is no NAO Cloud key"
