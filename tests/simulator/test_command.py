from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from pulumi_nao.simulator import FAULTS, command
from pulumi_nao.simulator.world import Site

from .wire import look, publish, send

PROGRAM = """
import argparse, sys
from pulumi_nao.simulator import FAULTS, command
parser = argparse.ArgumentParser(prog="pulumi_nao simulate")
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
"""


class Running:
    """The command in a process of its own, as far as `send` needs a simulator: it has a URL."""

    def __init__(self, process):
        self.process = process
        self.first_line = process.stdout.readline().rstrip()
        self.url = self.first_line.rpartition(" ")[2]

    def end(self, number):
        """Send a signal; return exit status, what was printed since the first line, and standard error."""
        self.process.send_signal(number)
        printed, complaints = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(timeout=120), printed, complaints


@contextmanager
def simulate(*arguments):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def parse(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(arguments)


def test_the_first_line_says_where_it_listens():
    with simulate("--port", "0") as running:
        assert re.fullmatch(r"NAO Cloud simulator on http://127\.0\.0\.1:[0-9]+", running.first_line)


def test_after_a_run_everything_has_been_told():
    with simulate("--port", "0", "--job-seconds", "0") as running:
        publish(running, 910, key="simulator-key")
        look(running, 48145, key="simulator-key")
        publish(running, 911, key="wrong")
        expected = [
            f"export NAO_BASE_URL={running.url}",
            "export NAO_API_KEY=simulator-key",
            "# The key is no secret: it opens nothing but this simulator. Never use a real one here.",
            "# Site 910 has a graph and an indoor area: its publications succeed.",
            "# Site 911 has no graph: its publications fail.",
            "# Ctrl-C ends the simulator.",
            "POST /api/v2/sites/910/asset_tracking_config/publish 303 job 48145",
            "GET /api/v2/background_jobs/48145 200 success",
            "POST /api/v2/sites/911/asset_tracking_config/publish 401",
            "Stopped after 3 requests; 1 job started.",
        ]
        status, printed, complaints = running.end(signal.SIGINT)
    # A line is printed when its exchange is over, so two connections can swap theirs.
    assert (status, sorted(printed.splitlines()), complaints) == (0, sorted(expected), "")


def test_sigterm_ends_it_like_ctrl_c():
    with simulate("--port", "0", "--site", "7:no-graph,no-indoor-area", "--key", "a'b", "--key", "c") as running:
        publish(running, 7, key="c")
        status, printed, complaints = running.end(signal.SIGTERM)
    assert (status, complaints) == (0, "")
    assert """export NAO_API_KEY='a'"'"'b'\n""" in printed
    assert "# Site 7 has no graph and no indoor area: its publications fail.\n" in printed
    assert printed.endswith("Stopped after 1 request; 1 job started.\n")


def test_a_port_in_use_is_one_clear_line(nao, capsys):
    port = urlsplit(nao.url).port
    assert command.run(parse("--port", str(port))) == 1
    expected = (
        f"cannot listen on 127.0.0.1:{port}: address already in use; "
        "choose another port with --port (0 for any free one)\n"
    )
    assert capsys.readouterr() == ("", expected)


def test_the_signals_are_given_back(nao):
    before = signal.getsignal(signal.SIGTERM)
    command.run(parse("--port", str(urlsplit(nao.url).port)))
    assert signal.getsignal(signal.SIGTERM) == before


def test_without_arguments_there_is_a_port_and_nothing_else_to_know():
    arguments = parse()
    assert (arguments.host, arguments.port, arguments.job_seconds) == ("127.0.0.1", 8910, 5.0)
    assert (arguments.keys, arguments.sites, arguments.requests_per_second) == (None, None, None)


def test_sites_are_given_with_their_conditions():
    arguments = parse("--site", "910", "--site", "911:no-graph", "--site", "914:no-indoor-area,seconds=2.5")
    assert arguments.sites == [
        Site(910),
        Site(911, graph=False),
        Site(914, indoor_area=False, job_seconds=2.5),
    ]


def test_a_limit_is_given_in_requests_per_second():
    assert parse("--requests-per-second", "0.5").requests_per_second == 0.5


def test_other_long_calls_are_added_on_the_command_line():
    calls = ["--action", "POST sites/910/import", "--action", "PUT sites/910/zones=Zones overlap: a=b."]
    with simulate("--port", "0", "--job-seconds", "0", *calls) as running:
        send(running, "POST", "/api/v2/sites/910/import", key="simulator-key")
        send(running, "PUT", "/api/v2/sites/910/zones", key="simulator-key")
        message = look(running, 48146, key="simulator-key").json["data"]["attributes"]["message"]
        _, printed, _ = running.end(signal.SIGINT)
    assert message == "Zones overlap: a=b."
    assert "# POST sites/910/import starts a job that succeeds.\n" in printed
    assert "# PUT sites/910/zones starts a job that fails.\n" in printed
    assert "PUT /api/v2/sites/910/zones 303 job 48146\n" in printed
    assert printed.endswith("Stopped after 3 requests; 2 jobs started.\n")


def test_faults_are_injected_from_the_command_line():
    with simulate("--port", "0", "--fault", "publish:1=503", "--fault", "job/910=404") as running:
        statuses = [publish(running, 910, key="simulator-key").status for _ in range(2)]
        statuses.append(look(running, 48145, key="simulator-key").status)
    assert statuses == [503, 303, 404]


def test_a_flaky_simulator_says_how_to_see_the_same_again():
    with simulate("--port", "0", "--flaky", "1", "--seed", "7") as running:
        printed = running.end(signal.SIGINT)[1]
    assert "# 100% of the requests fail; the same ones again with --seed 7.\n" in printed


def test_a_flaky_simulator_without_a_seed_chooses_one():
    with simulate("--port", "0", "--flaky", "0.2") as running:
        printed = running.end(signal.SIGINT)[1]
    assert re.search(r"# 20% of the requests fail; the same ones again with --seed [0-9]+\.\n", printed)


def test_all_faults_can_be_listed(capsys):
    with pytest.raises(SystemExit) as ended:
        parse("--list-faults")
    assert ended.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("  ")[0] == "reset-before"
    assert len(lines) == len(FAULTS)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--host", "0.0.0.0"], "listens on loopback only (127.0.0.1, ::1, localhost), not on '0.0.0.0'"),  # noqa: S104
        (["--port", "70000"], "'70000' is no port: give a number from 0 (any free one) to 65535"),
        (["--port", "x"], "'x' is no port: give a number from 0 (any free one) to 65535"),
        (["--key", "two words"], "a key must be printable ASCII without spaces, and not empty"),
        (["--site", "x"], "'x' is no site: begin with a number above 0, such as 910"),
        (["--site", "0"], "'0' is no site: begin with a number above 0, such as 910"),
        (["--site", "911:graph"], "unknown condition 'graph'; write no-graph, no-indoor-area or seconds=5"),
        (["--site", "911:seconds=x"], "'x' is no time: give seconds, 0 or more, such as 2.5"),
        (["--job-seconds", "-1"], "'-1' is no time: give seconds, 0 or more, such as 2.5"),
        (["--requests-per-second", "0"], "'0' is no limit: give requests per second above 0, such as 10"),
        (
            ["--fault", "publish"],
            "'publish' is no injection: write ROUTE[/SITE][:WHICH]=FAULT, such as",
        ),
        (["--action", "sites/910/import"], "an action's method is POST or PUT, not 'sites/910/import'"),
        (["--action", "POST /api/v2/x"], "such as sites/910/import, not '/api/v2/x'"),
        (["--flaky", "20"], "'20' is no share: give a number from 0 to 1, such as 0.2"),
        (["--flaky", "x"], "'x' is no share: give a number from 0 to 1, such as 0.2"),
        (["--seed", "x"], "'x' is no seed: give a whole number, such as 7"),
        (["--requests-per-second", "x"], "'x' is no limit: give requests per second above 0, such as 10"),
    ],
)
def test_bad_arguments_are_told_with_what_to_write(arguments, complaint, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(*arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err
