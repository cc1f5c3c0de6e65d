"""Sites of a list, up to fifty, of which one fails."""

import os
import signal

import psutil
import pytest

from tests.tools.machine import runs, wait_until

RUN = ".venv/bin/python publish.py dev"
FAILING = 949


@pytest.fixture
def fifty(project):
    """The example with its list extended to fifty sites, the last of which has no graph."""
    for number in range(913, FAILING + 1):
        add(project, f"site-{number}", number)
    for number in range(950, 960):
        add(project, f"site-{number}", number)
    project.nao.add_site(FAILING, graph=False)
    project.run("Set up")
    return project


def add(project, name, number):
    project.nao.add_site(number)
    with (project.folder / "sites.csv").open("a") as sites:
        sites.write(f"{name},{number}\n")
    (project.folder / "sites" / name).mkdir()
    (project.folder / "sites" / name / "zones.json").write_text(f'{{"zones": [{number}]}}\n')


def test_each_site_is_published_for_its_own_files(example):
    example.run("Set up")
    output = example.run("Publish")
    assert "\n3 published, 0 failed, 0 unchanged, 0 not begun\n" in output
    assert output.endswith("\n0 published, 0 failed, 3 unchanged, 0 not begun\n")
    assert example.nao.publications() == 3
    output = example.run("Change one site")
    assert output == "published lyon\n\n1 published, 0 failed, 2 unchanged, 0 not begun\n"
    assert example.nao.publications(910) == 2
    assert example.publishes("Without the script") == 0
    assert example.publishes("Clean up") == 0


def test_a_site_that_fails_stops_no_other_and_is_alone_in_the_next_run(fifty):
    first = fifty.command(RUN)
    reason = f"\n  site-{FAILING}: publication of site {FAILING} failed: Missing graph or indoor area. Please add.\n"
    assert first.code == 1
    assert first.output.endswith(f"\n49 published, 1 failed, 0 unchanged, 0 not begun{reason}")
    assert fifty.nao.publications() == 50

    again = fifty.command(RUN)
    assert again.code == 1
    assert again.output.startswith(f"failed site-{FAILING}\n")
    assert again.output.endswith(f"\n0 published, 1 failed, 49 unchanged, 0 not begun{reason}")
    assert fifty.nao.publications() == 51
    assert fifty.nao.publications(FAILING) == 2

    fifty.nao.add_site(FAILING)
    mended = fifty.command(RUN)
    assert mended.green
    assert mended.output == f"published site-{FAILING}\n\n1 published, 0 failed, 49 unchanged, 0 not begun\n"

    requests = fifty.nao.count()
    fifty.run("Clean up")
    assert fifty.nao.count() == requests


@pytest.mark.parametrize("end", [os.killpg, os.kill], ids=["Ctrl-C of a terminal", "SIGTERM to the script alone"])
def test_a_signal_counts_the_sites_that_were_not_begun_and_the_next_run_goes_on_with_the_job(project, end):
    for site in (910, 911, 912):
        project.nao.add_site(site, job_seconds=60)
    project.run("Set up")
    project.environment["PULUMI_PARALLEL"] = "1"
    with project.start(RUN) as process:
        wait_until(lambda: project.nao.publications() == 1, seconds=60)
        below = psutil.Process(process.pid).children(recursive=True)
        end(process.pid, signal.SIGINT if end is os.killpg else signal.SIGTERM)
        output = process.communicate(timeout=120)[0]
    wait_until(lambda: not any(runs(child.pid) for child in below))
    assert process.returncode == 1
    assert "\n0 published, 1 failed, 0 unchanged, 2 not begun\n" in output
    begun = project.nao.jobs[0].site_id
    assert f": publication of site {begun} not finished: the wait was cancelled" in output
    assert "Traceback" not in output
    project.nao.finish_job("48145")
    for site in (910, 911, 912):
        project.nao.add_site(site)
    run = project.command(RUN)
    assert run.green, run.output
    assert project.nao.publications() == 3


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("nowhere,920", "no file matches 'sites/nowhere/**/*.json'"),
        ("paris,920", "sites.csv, line 5: paris or 920 is in the list already"),
        ("lille", "sites.csv, line 5: a site needs both, name and site_id, with a comma between them"),
    ],
)
def test_a_mistake_in_the_list_stops_the_run_before_anything_is_published(project, line, told):
    project.run("Set up")
    with (project.folder / "sites.csv").open("a") as sites:
        sites.write(f"{line}\n")
    run = project.command(RUN)
    assert run.code == 1
    assert told in run.output
    assert "Traceback" not in run.output
    assert project.nao.count() == 0


def test_a_run_that_never_reached_the_engine_says_why(project):
    run = project.command(".venv/bin/python publish.py production")
    assert run.code == 1
    assert "no stack named 'production' found" in run.output
