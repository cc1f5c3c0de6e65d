"""The command where the machine lets a process start few threads."""

import math
import signal

import pytest

from tests.cli.conftest import until
from tests.few_threads import LIMIT

FLEET = [str(site) for site in range(1001, 1041)]


@pytest.fixture
def limited(command, tmp_path):
    """The command in a process that may have so many threads."""

    def limit(number):
        (tmp_path / "sitecustomize.py").write_text(LIMIT.format("pulumi_nao", number))
        return command.with_environment(PYTHONPATH=str(tmp_path))

    return limit


@pytest.fixture
def fleet(nao):
    for site in FLEET:
        nao.add_site(int(site), job_seconds=0)
    return nao


@pytest.mark.parametrize("number", [6, 12])
def test_a_fleet_is_published_by_the_threads_there_are(limited, fleet, number):
    ended = limited(number)("publish", *FLEET)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("40 sites: 40 done\n")
    assert fleet.publications() == 40


def test_without_any_thread_nothing_is_sent_and_it_says_why(limited, nao):
    ended = limited(1)("publish", "910", "912")
    assert ended.code == 3
    assert ended.err.splitlines()[0] == (
        "publication of site 910 not sent: the machine lets this process start no more threads "
        "(`ulimit -u`, or pids.max of the container)"
    )
    assert nao.count() == 0


def test_a_job_that_no_thread_can_look_at_is_no_defect(limited, nao):
    ended = limited(1)("job", "48145")
    assert "start no more threads" in ended.err
    assert "Traceback" not in ended.err
    assert nao.count() == 0


def test_ctrl_c_ends_a_fleet_that_waits_for_threads(limited, nao):
    for site in FLEET:
        nao.add_site(int(site), job_seconds=math.inf)
    with limited(8).started("publish", *FLEET) as process:
        until(nao.publications)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 7
    assert f"{40 - nao.publications()} not sent, {nao.publications()} still running" in out


def test_the_doctor_says_so(limited):
    ended = limited(6)("doctor")
    assert "the machine lets this process start no more threads" in ended.out
    assert ended.err == ""
