"""The doctor's answers."""

import base64
import json
import os
import socket
import time

import pytest

from pulumi_nao.simulator import Answer
from tests.cli.conftest import KEY


def jwt(**claims):
    parts = [{"alg": "HS256", "typ": "JWT"}, claims]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def hostless(command, tmp_path):
    """The command where the plugin host cannot be tried, which says nothing of an account and takes half of a run."""
    (tmp_path / "grpc.py").write_text("raise ImportError('no grpc here')\n")
    return command.with_environment(PYTHONPATH=str(tmp_path))


def test_nothing_configured(outside):
    ended = outside("doctor")
    assert (ended.code, ended.err) == (10, "")
    assert ended.out.endswith(
        "\nNothing can be published from a shell here: NAO_API_KEY is not set.\n"
        "  NAO Cloud shows the account's key as auth_token on the user's My Profile page. In a CI system, make it\n"
        "  a protected secret and hand it over as NAO_API_KEY. For `pulumi up` the stack's configuration will do:\n"
        "  `pulumi config set --secret nao:apiKey`.\n"
        "  To try without an account, run `pulumi-nao simulate` and paste the two lines that it prints.\n"
    )


def test_wrong_key(command):
    ended = command.with_environment(NAO_API_KEY="wrong-key")("doctor")
    assert (ended.code, ended.err) == (12, "")
    assert ended.out.endswith(
        "\nThe server is there, and it does not accept the key from the environment variable NAO_API_KEY.\n"
        "  A key is looked for in Pulumi's configuration (nao:apiKey), then in the environment (NAO_API_KEY): the "
        "account's (auth_token on the user's My Profile page) or a JWT, bare: no `Bearer`, no line break at its "
        "end.\n"
        "  A site's API key (Developers > API Keys) is another kind. A JWT lasts about 24 hours.\n"
        "  Or the key belongs to another server than this one.\n"
    )


def test_server_down(command):
    server = f"http://127.0.0.1:{closed_port()}"
    ended = command.with_environment(NAO_BASE_URL=server)("doctor")
    assert (ended.code, ended.err) == (11, "")
    assert ended.out.endswith(
        f"\nThe server {server} cannot be reached: connection refused.\n"
        "  It is on this machine: check its port, and that it runs; "
        "`pulumi-nao simulate` runs a simulated NAO Cloud.\n"
        "  Nothing is known of the key yet.\n"
    )


def test_a_server_elsewhere_that_is_down_leads_to_the_network(hostless):
    proxy = f"http://127.0.0.1:{closed_port()}"  # nothing leaves this machine, no question for a name either
    ended = hostless.with_environment(NAO_BASE_URL="https://nao.invalid", HTTPS_PROXY=proxy)("doctor")
    assert ended.code == 11
    assert "Check its address, that it runs, this machine's network and DNS, and the proxy and CA" in ended.out


def test_a_server_that_speaks_no_tls_is_told(hostless, nao):
    ended = hostless.with_environment(NAO_BASE_URL=nao.url.replace("http:", "https:"))("doctor")
    assert ended.code == 11
    assert "cannot be reached: no secure connection" in ended.out


def test_all_well(command, nao):
    ended = command("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert "ok plugin host   works with all that pulumi-nao adds to it\n" in ended.out
    assert "ok key        an API key, not shown  (environment variable NAO_API_KEY)\n" in ended.out
    assert f"ok server     {nao.url}  (environment variable NAO_BASE_URL)\n" in ended.out
    assert "ok time-out   30 min  (default)\n" in ended.out
    assert "ok clock      agrees with the server's, within a minute\n" in ended.out
    assert ended.out.endswith(
        "\nAll well: the server is there and accepts the key.\n"
        "  Whether its user may publish a site, only publishing tells.\n"
    )


def test_a_variable_that_nobody_reads_is_marked(hostless):
    ended = hostless.with_environment(NAO_BASEURL="https://hunter2.example")("doctor")
    assert (
        "!  spelling   environment variable NAO_BASEURL: there is no such setting, so it is ignored; "
        "write NAO_BASE_URL\n"
    ) in ended.out
    assert "hunter2" not in ended.out


def test_the_server_is_asked_one_thing_that_changes_nothing(hostless, nao):
    hostless("doctor")
    assert [(request.method, request.path) for request in nao.requests] == [("GET", "/api/v2/background_jobs/0")]


@pytest.mark.parametrize("key", [KEY, "wrong-key-of-mine", jwt(sub="someone@example.com", exp=4102444800)])
def test_the_key_is_never_shown(command, key):
    for words in (["doctor"], ["doctor", "--json"]):
        ended = command.with_environment(NAO_API_KEY=key)(*words)
        for part in key.split("."):
            assert part not in ended.out + ended.err
        assert "someone@example.com" not in ended.out


def test_a_jwt_says_when_it_expires(hostless):
    ended = hostless.with_environment(NAO_API_KEY=jwt(exp=time.time() + 7230))("doctor")
    assert "ok key        a JWT, not shown  (environment variable NAO_API_KEY)\n" in ended.out
    assert "ok expires    in 2 h " in ended.out


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(600, "!  expires    in "), (-600, "!  expired    10 min")],
)
def test_a_jwt_that_does_not_last_is_marked(hostless, seconds, words):
    ended = hostless.with_environment(NAO_API_KEY=jwt(exp=time.time() + seconds))("doctor")
    assert words in ended.out


def test_another_server_than_nao_cloud_is_noticed(hostless, nao):
    nao.script("job", Answer(404, body="<html>no such page</html>"))
    ended = hostless("doctor")
    assert ended.code == 13
    assert "its answer tells nothing of the key: 404 Not Found." in ended.out
    assert "Check the server's address, and whether a proxy or a login page is in between." in ended.out


@pytest.mark.parametrize(
    "answer", [Answer(200, body="<html>log in</html>"), Answer(302, headers={"Location": "/in"})]
)
def test_a_login_page_is_no_nao_cloud(hostless, nao, answer):
    nao.script("job", answer)
    assert hostless("doctor").code == 13


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_later(hostless, nao, status):
    nao.script("job", Answer(status))
    ended = hostless("doctor")
    assert ended.code == 13
    assert "The server is busy or in trouble; try again in a few minutes." in ended.out


def test_a_key_without_the_right_names_the_roles(hostless, nao):
    nao.script("job", Answer(403))
    ended = hostless("doctor")
    assert ended.code == 12
    assert "Site creator, Site admin and Tracking manager" in ended.out


def test_a_clock_that_is_wrong_is_told(hostless, nao):
    date = "Fri, 01 Jan 2100 00:00:00 GMT"
    nao.script("job", Answer(404, headers={"Date": date}, body={"errors": []}))
    ended = hostless("doctor")
    assert ended.code == 0
    assert "this machine's clock is " in ended.out
    assert " behind the server's\n" in ended.out


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        (
            "NAO_API_KEY",
            "Bearer abc-secret",
            "x  key        the key from the environment variable NAO_API_KEY cannot",
        ),
        ("NAO_BASE_URL", "http://user:pw-secret@nao.example", "must not contain a user name or a password"),
        ("NAO_TIMEOUT", "soon-secret", "x  time-out   environment variable NAO_TIMEOUT: write a number"),
        ("NAO_CONCURRENCY", "many-secret", "x  at a time  environment variable NAO_CONCURRENCY: write a whole"),
        ("NAO_REQUESTS_PER_SECOND", "fast-secret", "x  requests   environment variable NAO_REQUESTS_PER_SECOND"),
    ],
)
def test_a_malformed_setting_is_marked_and_the_server_not_asked(hostless, nao, variable, value, words):
    ended = hostless.with_environment(**{variable: value})("doctor")
    assert ended.code == 10
    assert words in ended.out
    assert "secret" not in ended.out.replace("--secret", "").replace("protected secret", "")
    assert nao.count() == 0


def test_each_account_is_examined_and_the_highest_code_counts(hostless, nao):
    both = hostless.with_environment(NAO_EU_API_KEY="wrong-key", NAO_EU_BASE_URL=nao.url)
    ended = both("doctor", "--namespace", "nao", "--namespace", "nao-eu")
    assert ended.code == 12
    assert "Account nao\n" in ended.out
    assert "does not accept the key from the environment variable NAO_EU_API_KEY" in ended.out
    assert "(nao-eu:apiKey), then in the environment (NAO_EU_API_KEY)" in ended.out


def test_another_account_must_state_its_server(hostless):
    ended = hostless.with_environment(NAO_EU_API_KEY=KEY)("doctor", "--namespace", "nao-eu")
    assert ended.code == 10
    assert "x  server    the configuration namespace 'nao-eu' states no server" in ended.out


def test_a_machine_reads_the_same(command):
    ended = command("doctor", "--json")
    record = json.loads(ended.out)
    assert (record["exit_code"], record["verdict"]) == (0, "all_well")
    assert set(record) == {"exit_code", "verdict", "here", "accounts"}
    account = record["accounts"]["nao"]
    assert (account["verdict"], account["exit_code"]) == ("all_well", 0)
    assert {"subject": "server", "mark": "good"}.items() <= account["findings"][1].items()


def test_the_engine_on_the_path_tells_its_version(hostless, tmp_path):
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho v3.999.0\n")
    program.chmod(0o755)
    ended = hostless.with_environment(PATH=f"{tmp_path}:{os.environ['PATH']}")("doctor")
    assert f"ok engine        pulumi v3.999.0, {program}\n" in ended.out


def test_an_engine_that_is_broken_is_marked(hostless, tmp_path):
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    ended = hostless.with_environment(PATH=f"{tmp_path}:{os.environ['PATH']}")("doctor")
    assert f"!  engine        {program} does not tell its version" in ended.out
    assert ended.code == 0


def test_a_host_that_cannot_be_made_whole_is_told_and_keeps_nobody_from_publishing(command, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import gc\ngc.get_objects = list\n")
    ended = command.with_environment(PYTHONPATH=str(tmp_path))("doctor")
    assert ended.code == 0
    assert "!  plugin host   works, with less comfort\n" in ended.out
    assert "Ctrl-C ends a run only when its jobs have ended" in ended.out
    assert ended.out.endswith("What is marked with ! does not keep sites from being published.\n")


def test_a_host_that_does_not_start_is_told(command, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'pulumi.dynamic' in sys.orig_argv:\n"
        "    print('broken here', file=sys.stderr, flush=True)\n"
        "    os._exit(1)\n"
    )
    ended = command.with_environment(PYTHONPATH=str(tmp_path))("doctor")
    assert ended.code == 0
    assert "!  plugin host   does not run: broken here\n" in ended.out


def test_without_pulumi_the_rest_is_still_examined(hostless):
    ended = hostless("doctor")
    assert ended.code == 0
    assert "!  plugin host   does not run: ImportError: no grpc here\n" in ended.out


def test_the_proxy_on_the_way_is_named_without_its_password(hostless):
    proxied = hostless.with_environment(
        NAO_BASE_URL="https://nao.invalid", https_proxy=f"http://user:pw@127.0.0.1:{(port := closed_port())}"
    )
    ended = proxied("doctor")
    assert "-  proxy         set by https_proxy\n" in ended.out
    assert f"-  proxy      http://127.0.0.1:{port}  (https_proxy)\n" in ended.out
    assert (
        "The server https://nao.invalid cannot be reached: "
        f"no connection to the proxy http://127.0.0.1:{port} (https_proxy): connection refused.\n"
    ) in ended.out
    assert "user" not in ended.out.replace("user may", "")
    assert "pw" not in ended.out


@pytest.mark.parametrize("name", ["grpc_proxy", "https_proxy", "http_proxy"])
@pytest.mark.parametrize("spared", ["", "localhost", "*"])
def test_a_proxy_between_the_engine_and_its_programs_is_a_warning_with_the_way_out(hostless, name, spared):
    ended = hostless.with_environment(**{name: "http://127.0.0.1:9"}, no_proxy=spared)("doctor")
    assert f"!  engine        {name} keeps Pulumi's SDK from the engine, which is on this machine\n" in ended.out
    assert "`pulumi up` needs it: name 127.0.0.1 in no_proxy, in lower case.\n" in ended.out


@pytest.mark.parametrize("spared", ["127.0.0.1", "localhost, 127.0.0.1", "127.0.0.0/8"])
def test_a_proxy_that_spares_this_machine_is_not_in_the_engines_way(hostless, spared):
    ended = hostless.with_environment(https_proxy="http://127.0.0.1:9", no_proxy=spared)("doctor")
    assert "keeps Pulumi's SDK from the engine" not in ended.out


def test_a_proxy_that_cannot_be_told_from_a_password_is_not_shown(hostless):
    ended = hostless.with_environment(NAO_BASE_URL="https://nao.invalid", HTTPS_PROXY="http://user:p/w@127.0.0.1:9")(
        "doctor"
    )
    assert "-  proxy      set, and not shown  (HTTPS_PROXY)\n" in ended.out
    assert "HTTPS_PROXY is no URL of a proxy; write it like http://proxy.example.com:3128.\n" in ended.out
    assert "p/w" not in ended.out


def test_a_proxy_that_is_not_on_the_way_is_not_taken_for_one_that_is(hostless):
    ended = hostless.with_environment(HTTPS_PROXY="http://127.0.0.1:9", HTTP_PROXY="http://127.0.0.1:9")("doctor")
    assert ended.code == 0
    assert "-  proxy         set by HTTPS_PROXY, HTTP_PROXY\n" in ended.out
    assert "keeps Pulumi's SDK from the engine" not in ended.out
    assert "-  proxy      none on the way to the server\n" in ended.out
