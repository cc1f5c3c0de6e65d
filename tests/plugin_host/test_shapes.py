"""Every promise, in every shape that a program gives a publication; and those of a call, in its shapes."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_nao.simulator import Simulator
from tests.plugin_host.conftest import KEY, link_package, python_of
from tests.plugin_host.driver import running_host
from tests.plugin_host.registration import Publication
from tests.shapes import CALL_SHAPES, SHAPES, program
from tests.tools.machine import wait_until

SHORT = {"create": "0.5s", "update": "0.5s"}
_sites = itertools.count(1000)


@pytest.fixture(scope="module")
def nao():
    """One server for all shapes: each test has a site of its own."""
    with Simulator() as simulator:
        simulator.add_key(KEY)
        yield simulator


@pytest.fixture(scope="module", params=["oldest", "locked"])
def two_runs(request, nao, tmp_path_factory):
    """Two processes of the host, for two runs of Pulumi that follow each other."""
    folder = link_package(tmp_path_factory.mktemp("hosts"))
    environment = {"PYTHONPATH": str(folder), "NAO_API_KEY": KEY, "NAO_BASE_URL": nao.url}
    python = python_of(request.param)
    with (
        running_host(python, folder, {}, environment) as first,
        running_host(python, folder, {}, environment) as second,
    ):
        yield first, second


@pytest.fixture
def site(nao):
    number = next(_sites)
    nao.add_site(number, job_seconds=math.inf)
    return number


@pytest.fixture(params=SHAPES)
def publication(request, two_runs):
    return Publication(program(request.param), two_runs[0])


def _job_of(nao, site):
    return next(job for job in nao.jobs if job.site_id == site)


def test_a_failed_job_is_one_clean_error_in_its_own_words(publication, nao, site):
    nao.add_site(site, graph=False)
    assert not publication.up(site=str(site))
    first, *rest = publication.text.splitlines()
    assert first == f"publication of site {site} failed: Missing graph or indoor area. Please add."
    assert rest[-1] == "  The next `pulumi up` publishes again."
    assert publication.outputs["status"] == "failure"


def test_a_custom_timeout_ends_the_wait_and_the_job_is_recorded(publication, nao, site):
    assert not publication.up(site=str(site), limits=SHORT)
    assert "not finished after 0.5 s, the limit set by custom_timeouts.create" in publication.text
    assert publication.outputs["job_id"] == str(_job_of(nao, site).id)


def test_the_next_run_goes_on_with_a_job_and_sends_nothing(publication, nao, site, two_runs):
    publication.up(site=str(site), limits=SHORT)
    nao.finish_job(_job_of(nao, site).id)
    publication.host = two_runs[1]
    assert publication.up(site=str(site))
    assert publication.outputs["status"] == "success"
    assert nao.publications(site) == 1


def test_a_failed_change_that_is_taken_back_is_published(publication, nao, site):
    nao.add_site(site)
    assert publication.up(site=str(site), zones="a")
    nao.script("publish", "reset-after", site=site)
    assert not publication.up(site=str(site), zones="b")
    assert publication.up(site=str(site), zones="a")
    assert publication.outputs["triggers"] == {"zones": "a"}
    assert nao.publications(site) == 3


def test_progress_is_shown_on_its_own_row(publication, nao, site):
    nao.add_site(site)
    publication.up(site=str(site))
    accepted = [line for line in publication.own_lines() if "accepted" in line.message]
    assert [line.ephemeral for line in accepted] == [True]


def test_more_than_four_run_at_a_time(publication, nao, site):
    sites = [site, *itertools.islice(_sites, 5)]
    for each in sites:
        nao.add_site(each, job_seconds=math.inf)
    inputs = {"config_namespace": "nao", "base_url": nao.url}
    publication.up(site=str(site), limits=SHORT)
    with ThreadPoolExecutor(len(sites)) as pool:
        for each in sites[1:]:
            urn = f"{publication.urn}-{each}"
            pool.submit(publication.host.create, {"site_id": each, **inputs}, 30.0, urn)
        wait_until(lambda: all(nao.publications(each) for each in sites[1:]))
        for each in sites[1:]:
            nao.finish_job(_job_of(nao, each).id)


@pytest.fixture(params=SHAPES)
def alone(request, start_host):
    """A publication with a host of its own, that can be cancelled."""
    return Publication(program(request.param), start_host())


def test_a_cancel_ends_the_wait_and_the_job_is_recorded(alone, nao, site):
    def cancel():
        wait_until(lambda: nao.publications(site))
        alone.host.cancel()

    with ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(cancel)
        assert not alone.up(site=str(site))
        cancelled.result()
    assert "the wait was cancelled" in alone.text
    assert alone.outputs["job_id"] == str(_job_of(nao, site).id)


@pytest.fixture(params=CALL_SHAPES)
def call(request, two_runs):
    return Publication(program(request.param), two_runs[0])


@pytest.fixture
def path(nao, site):
    nao.add_action("POST", f"sites/{site}/import", job_seconds=math.inf)
    return f"sites/{site}/import"


def test_a_call_whose_answer_was_lost_stops_the_next_run_until_a_person_has_settled_it(
    call, nao, site, path, two_runs
):
    nao.script("action", "reset-after", site=site)
    assert not call.up(site=str(site))
    assert call.text.startswith(f"POST {path} may have started: the connection was reset\n")
    began = call.outputs["started_at"]
    call.host = two_runs[1]
    assert not call.up(site=str(site))
    assert call.text.startswith(f"POST {path} not sent: nobody knows whether the attempt of {began} was successful\n")
    assert f'\n    assume_done="{began}"\n' in call.text
    assert call.up(site=str(site), assumed=began)
    assert call.outputs["status"] == "assumed"
    assert len(nao.actions("POST", path)) == 1


def test_a_call_goes_on_with_its_job_in_the_next_run(call, nao, site, path, two_runs):
    assert not call.up(site=str(site), limits=SHORT)
    assert "not finished after 0.5 s, the limit set by custom_timeouts.create" in call.text
    nao.finish_job(_job_of(nao, site).id)
    call.host = two_runs[1]
    assert call.up(site=str(site))
    assert (call.outputs["status"], call.outputs["body"]) == ("success", {"zones": "a"})
    assert len(nao.actions("POST", path)) == 1


def test_a_call_that_failed_while_nobody_looked_is_shown_first_and_made_again_only_then(
    call, nao, site, path, two_runs
):
    assert not call.up(site=str(site), limits=SHORT)
    nao.finish_job(_job_of(nao, site).id, status="failure", message="No rows.")
    call.host = two_runs[1]
    assert not call.up(site=str(site), zones="b")
    assert call.text.startswith(f"POST {path} failed: No rows.\n")
    assert len(nao.actions("POST", path)) == 1
    nao.add_action("POST", path, job_seconds=0)
    assert call.up(site=str(site), zones="b")
    assert nao.actions("POST", path) == [{"zones": "a"}, {"zones": "b"}]


def test_a_call_that_a_hook_makes_again_is_not_sent_again(call, nao, site, path):
    nao.script("action", "reset-after", site=site)
    call.up(site=str(site))
    call.inputs, call.outputs = {}, {}  # as the engine does for a hook: the record from before the first try
    assert not call.up(site=str(site))
    assert f"POST {path} not sent: nobody knows whether" in call.text
    assert (call.outputs["status"], len(nao.actions("POST", path))) == ("unknown", 1)
