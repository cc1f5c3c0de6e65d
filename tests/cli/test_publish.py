import math
import socket

import pytest

from pulumi_nao.simulator import Answer, HangUp
from tests.cli.conftest import KEY
from tests.conftest import KEYS


def test_a_site_is_published_and_its_job_awaited(command, nao):
    ended = command("publish", "910")
    url = f"{nao.url}/api/v2/background_jobs/48145"
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == (
        f"publication of site 910: job 48145 accepted, {url}\npublication of site 910: done in 0 s, job 48145\n"
    )
    assert nao.publications(910) == 1


def test_several_sites_are_published_and_counted(command, nao):
    ended = command("publish", "910", "912")
    assert ended.code == 0
    assert ended.out.endswith("2 sites: 2 done\n")
    assert (nao.publications(910), nao.publications(912)) == (1, 1)


def test_a_job_that_fails_is_told_in_its_own_words(command, nao):
    ended = command("publish", "911")
    assert ended.code == 5
    assert ended.err == (
        "publication of site 911 failed: Missing graph or indoor area. Please add.\n"
        f"  Job: {nao.url}/api/v2/background_jobs/48145\n"
        "  Status 'failure' after 0 s.\n"
        "  `pulumi-nao publish 911` publishes again.\n"
    )


@pytest.mark.parametrize("words", [["publish", "910"], ["job", "48145"]], ids=["publish", "job"])
def test_a_variable_that_nobody_reads_is_warned_of_before_anything_is_sent(command, nao, words):
    ended = command.with_environment(NAO_API_KEY="", NAO_APIKEY="hunter2-hunter2")(*words)
    assert ended.code == 3
    assert ended.err.startswith(
        "warning: environment variable NAO_APIKEY: there is no such setting, so it is ignored; write NAO_API_KEY\n"
        "there is no NAO Cloud key\n"
    )
    assert "hunter2" not in ended.err
    assert nao.count() == 0


def test_one_site_that_fails_stops_no_other(command, nao):
    ended = command("publish", "911", "910")
    assert ended.code == 5
    assert ended.out.endswith("2 sites: 1 done, 1 failed\n")
    assert nao.publications(910) == 1


def test_the_highest_code_of_several_sites_counts(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    ended = command("publish", "910", "911", "913", "--timeout", "300ms")
    assert ended.code == 7
    assert ended.out.endswith("3 sites: 1 done, 1 failed, 1 still running\n")


def test_a_wait_that_times_out_names_the_job_and_the_way_on(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    ended = command("publish", "913", "--timeout", "300ms")
    assert ended.code == 7
    assert "not finished after 0.3 s, the limit set by --timeout; the job goes on in NAO Cloud" in ended.err
    assert "  Go on with `pulumi-nao job 48145 --wait`. Publishing again would start a second job.\n" in ended.err


def test_the_environment_sets_the_time_limit_too(command, nao):
    nao.add_site(913, job_seconds=math.inf)
    ended = command.with_environment(NAO_TIMEOUT="300ms")("publish", "913")
    assert "the limit set by environment variable NAO_TIMEOUT" in ended.err


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer(401), 4, "refused by the server: 401 Unauthorized"),
        (Answer(404), 4, "refused by the server: 404 Not Found"),
        (Answer(500), 8, "may have started: the server answered 500 Internal Server Error"),
        (HangUp(after_effect=True), 8, "may have started: the connection was closed without an answer"),
    ],
)
def test_each_outcome_has_its_code(command, nao, answer, code, words):
    nao.script("publish", answer)
    ended = command("publish", "910")
    assert ended.code == code
    assert words in ended.err
    assert nao.count("publish") == 1


def test_a_job_that_the_server_no_longer_knows_has_its_code(command, nao):
    for _ in range(40):
        nao.script("job", Answer(404))
    ended = command("publish", "910")
    assert ended.code == 6
    assert "NAO Cloud has no record of job 48145 any more" in ended.err


def test_the_same_advice_is_given_once(command):
    ended = command.with_environment(NAO_API_KEY="wrong-key")("publish", "910", "912")
    assert ended.code == 4
    assert ended.err.count("401 Unauthorized") == 2
    assert ended.err.count("A site's API key (Developers > API Keys) is another kind.") == 1


def test_each_account_is_told_where_its_own_key_is_looked_for(command, nao):
    both = command.with_environment(NAO_API_KEY="wrong-key", NAO_EU_API_KEY="wrong-key", NAO_EU_BASE_URL=nao.url)
    ended = both("publish", "910", "nao-eu:912")
    assert ended.err.count("(nao:apiKey), then in the environment (NAO_API_KEY)") == 1
    assert ended.err.count("(nao-eu:apiKey), then in the environment (NAO_EU_API_KEY)") == 1


def test_without_a_key_nothing_is_sent(outside, nao):
    ended = outside.with_environment(NAO_BASE_URL=nao.url)("publish", "910")
    assert (ended.code, ended.out) == (3, "")
    assert ended.err == "there is no NAO Cloud key\n  Set NAO_API_KEY in the environment.\n  Nothing was sent.\n"
    assert nao.count() == 0


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NAO_API_KEY", "Bearer abc", "it begins with `Bearer`"),
        ("NAO_BASE_URL", "http://nao.example", "plain http would show the key to the network"),
        ("NAO_TIMEOUT", "soon", "environment variable NAO_TIMEOUT: write a number with its unit"),
        ("NAO_CONCURRENCY", "0", "write a whole number from 1 to 512"),
        ("NAO_REQUESTS_PER_SECOND", "-1", "write a number from 0.01 to 1000"),
    ],
)
def test_a_malformed_setting_sends_nothing(command, nao, variable, value, words):
    ended = command.with_environment(**{variable: value})("publish", "910", "912")
    assert ended.code == 3
    assert words in ended.err
    assert nao.count() == 0


def test_a_site_named_twice_is_published_not_even_once(command, nao):
    ended = command("publish", "910", "0910")
    assert ended.code == 3
    assert "site 910 is named twice, and would be published twice" in ended.err
    assert nao.count() == 0


def test_one_site_under_two_names_of_one_server_counts_as_twice(command, nao):
    both = command.with_environment(NAO_EU_API_KEY=KEYS[0], NAO_EU_BASE_URL=nao.url + "/")
    assert both("publish", "910", "nao-eu:910").code == 3
    assert nao.count() == 0


def test_accounts_are_told_apart(command, nao):
    both = command.with_environment(NAO_EU_API_KEY="wrong-key", NAO_EU_BASE_URL=nao.url)
    ended = both("publish", "910", "nao-eu:912")
    assert ended.code == 4
    assert "nao: publication of site 910: done in 0 s, job 48145\n" in ended.out
    assert ended.err.startswith("nao-eu: publication of site 912 refused by the server: 401 Unauthorized\n")
    assert "The key came from environment variable NAO_EU_API_KEY." in ended.err
    assert "`pulumi-nao publish nao-eu:912` can be run again" in ended.err


def test_a_namespace_for_all_sites(outside, nao):
    eu = outside.with_environment(NAO_EU_API_KEY=KEY, NAO_EU_BASE_URL=nao.url)
    ended = eu("publish", "910", "--namespace", "nao-eu")
    assert ended.code == 0
    assert ended.out.endswith("publication of site 910: done in 0 s, job 48145\n")


def test_no_more_run_at_once_than_configured(command, nao):
    ended = command.with_environment(NAO_CONCURRENCY="1")("publish", "910", "912")
    assert ended.code == 0
    assert [request.route for request in nao.requests] == ["publish", "job", "publish", "job"]


def test_a_machine_reads_a_line_for_each_site(command, nao):
    ended = command("publish", "910", "911", "--json")
    assert ended.code == 5
    done, failed = sorted(ended.records, key=lambda record: record["site_id"])
    assert set(done) == {
        "site_id",
        "namespace",
        "outcome",
        "exit_code",
        "base_url",
        "job_id",
        "job_url",
        "has_finished",
        "status",
        "message",
        "started_at",
        "finished_at",
        "duration",
        "error",
    }
    assert (done["outcome"], done["exit_code"], done["error"]) == ("done", 0, None)
    assert done["job_url"] == f"{nao.url}/api/v2/background_jobs/{done['job_id']}"
    assert (failed["outcome"], failed["exit_code"], failed["status"]) == ("job_failed", 5, "failure")
    assert failed["error"]["headline"] == "publication of site 911 failed: Missing graph or indoor area. Please add."
    assert ended.err.endswith("2 sites: 1 done, 1 failed\n")


def test_a_machine_reads_of_a_missing_key_too(outside):
    [record] = outside("publish", "910", "--json").records
    assert (record["site_id"], record["outcome"], record["exit_code"]) == (910, "not_sent", 3)
    assert record["error"]["headline"] == "there is no NAO Cloud key"


def test_a_server_that_is_not_there_was_sent_nothing(outside):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gone = outside.with_environment(NAO_BASE_URL=f"http://127.0.0.1:{port}", NAO_API_KEY=KEY)
    ended = gone("publish", "910", "912", "--timeout", "1s")
    assert ended.code == 3
    assert f"cannot connect to http://127.0.0.1:{port}: connection refused" in ended.err


def sabotaged(command, tmp_path, code):
    """The command with a defect: `code` stands in for the publishing of site 912."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        "from pulumi_nao import lifecycle\n"
        "run = lifecycle.Runner.run\n"
        "def broken(self, wanted, *rest):\n"
        "    if '912' in wanted.action.path:\n"
        f"        {code}\n"
        "    return run(self, wanted, *rest)\n"
        "lifecycle.Runner.run = broken\n"
    )
    return command.with_environment(PYTHONPATH=str(tmp_path))


def test_a_defect_of_ours_hides_no_other_site(command, nao, tmp_path):
    ended = sabotaged(command, tmp_path, "raise TypeError('odd')")("publish", "912", "910")
    assert ended.code == 8
    assert ended.err.startswith("publication of site 912 met a defect of pulumi-nao: TypeError: odd\n")
    assert nao.publications(910) == 1


def test_a_defect_does_not_show_the_key(command, tmp_path):
    broken = sabotaged(command, tmp_path, "raise TypeError(os.environ['NAO_API_KEY'])")
    for words in (["publish", "912"], ["publish", "912", "--json"]):
        ended = broken(*words)
        assert "TypeError: [redacted]" in ended.err
        assert KEY not in ended.out + ended.err


def test_a_defect_while_a_job_runs_names_the_job(command, nao, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("from pulumi_nao import jobs\njobs.wait = None\n")
    ended = command.with_environment(PYTHONPATH=str(tmp_path))("publish", "910")
    assert ended.code == 7
    assert "  Go on with `pulumi-nao job 48145 --wait`. Publishing again would start a second job.\n" in ended.err
    assert nao.publications(910) == 1
