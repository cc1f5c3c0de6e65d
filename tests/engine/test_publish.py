"""Previews, publications, changes and failures on the real engine."""

import re

from tests.engine.stack import KEY

FAILURE = "publication of site 911 failed: Missing graph or indoor area. Please add."
STILL_WAITING = """
import asyncio
import pulumi
from pulumi_nao import TrackingConfigPublication

TrackingConfigPublication("site", site_id=911)
pulumi.export("later", pulumi.Output.from_input(asyncio.sleep(60)))
"""


def test_a_preview_makes_no_request(stack):
    assert stack.pulumi("preview").green
    assert stack.nao.count() == 0


def test_an_up_publishes_once_and_records_the_job(first_up):
    assert first_up.stack.nao.publications(910) == 1
    outputs = first_up.stack.publication()["outputs"]
    assert outputs["job_id"] == "48145"
    assert outputs["status"] == "success"
    assert outputs["has_finished"] is True
    assert outputs["site_id"] == 910


def test_a_good_publication_is_three_lines_of_a_log(first_up):
    lines = [line.split(" site ", 1)[1] for line in first_up.run.output.splitlines() if "Publication site " in line]
    assert [line.split()[0] for line in lines] == ["creating", "creating", "created"]
    job = f"{first_up.stack.nao.url}/api/v2/background_jobs/48145"
    assert re.search(r"creating \(\d+s\) (.*)", lines[1])[1] == f"job 48145 accepted, {job} (site 910)"


def test_the_job_url_can_be_exported(first_up):
    exported = first_up.stack.pulumi("stack", "output", "job").output.strip()
    assert exported == f"{first_up.stack.nao.url}/api/v2/background_jobs/48145"


def test_an_unchanged_up_makes_no_request(published):
    before = published.nao.count()
    assert published.up("--expect-no-changes").green
    assert published.nao.count() == before


def test_a_changed_trigger_publishes_exactly_once_more(published):
    published.set("zones", "b")
    run = published.up()
    assert run.green
    assert "~ 1 updated" in run.output
    assert published.nao.publications(910) == 2


def test_a_failed_job_fails_the_deployment_with_its_own_words_and_its_url(failed_up):
    output = failed_up.run.output
    assert failed_up.run.code != 0
    assert f"error: {FAILURE}" in output
    assert f"Job: {failed_up.stack.nao.url}/api/v2/background_jobs/48145" in output


def test_a_failure_shows_no_traceback_of_the_provider(failed_up):
    assert FAILURE in failed_up.run.output
    assert "pulumi_nao/" not in failed_up.run.output


def test_a_failure_shows_no_traceback_of_the_runner_that_pulumi_interrupts(stack):
    stack.program(STILL_WAITING)
    output = stack.up().output
    assert FAILURE in output
    assert "Traceback" not in output


def test_a_failed_publication_is_recorded_and_published_again_by_the_next_up(failed_up, stack):
    assert failed_up.stack.publication()["outputs"]["status"] == "failure"
    stack.follow(failed_up.stack)
    stack.set("site", "911")
    stack.nao.add_site(911)
    assert stack.up().green
    assert stack.nao.publications(911) == 2


def test_a_failure_followed_by_a_revert_of_the_change_does_not_stay_green(published):
    published.nao.add_site(910, graph=False)
    published.set("zones", "b")
    assert not published.up().green
    published.set("zones", "a")
    published.nao.add_site(910)
    assert published.up().green
    assert published.nao.publications(910) == 3


def test_another_site_replaces_the_publication(published):
    published.set("site", "912")
    run = published.up()
    assert "+-1 replaced" in run.output.replace(" ", "").replace("1replaced", "1 replaced")
    assert published.nao.publications(912) == 1
    assert published.publication()["id"] == "912"


def test_replace_publishes_once_more_without_a_change(published):
    urn = published.publication()["urn"]
    assert published.up("--replace", urn).green
    assert published.nao.publications(910) == 2


def test_an_aliased_rename_publishes_nothing(published):
    program = (published.folder / "__main__.py").read_text()
    published.program(
        program.replace(
            '"site",\n', '"renamed",\n    opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="site")]),\n'
        )
    )
    assert published.up().green
    assert published.nao.publications(910) == 1


UNKNOWN_INPUTS = """
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from pulumi_nao import TrackingConfigPublication

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("1", {"number": 910, "text": "x"})

class Other(Resource):
    number: pulumi.Output[int]
    text: pulumi.Output[str]

other = Other(Provider(), "other", {"number": None, "text": None})
TrackingConfigPublication("site", site_id=other.number, triggers={"deep": [{"text": other.text}]})
"""


def test_a_preview_with_unknown_inputs_is_green_and_makes_no_request(stack):
    stack.program(UNKNOWN_INPUTS)
    run = stack.pulumi("preview")
    assert run.green, run.output
    assert stack.nao.count() == 0


def test_inputs_from_other_resources_are_published(stack):
    stack.program(UNKNOWN_INPUTS)
    run = stack.up()
    assert run.green, run.output
    assert stack.nao.publications(910) == 1


def test_a_bad_input_is_refused_before_anything_is_sent(stack):
    stack.set("site", "nine")
    run = stack.up()
    assert "site_id: write the site's number, such as 910: a whole number above 0" in run.output
    assert stack.nao.count() == 0


def test_a_wrong_key_names_where_it_comes_from(stack):
    stack.environment["NAO_API_KEY"] = "wrong-key-1234"
    run = stack.up()
    assert "publication of site 910 refused by the server: 401 Unauthorized" in run.output
    assert "The key came from environment variable NAO_API_KEY." in run.output
    assert "wrong-key-1234" not in run.output


def test_a_secret_key_is_nowhere_in_the_clear(stack):
    del stack.environment["NAO_API_KEY"]
    stack.set("nao:apiKey", KEY, "--secret")
    run = stack.up()
    assert run.green, run.output
    assert KEY not in run.output
    assert KEY not in stack.pulumi("stack", "export").output


def test_a_secret_trigger_stays_secret_in_the_state(stack):
    stack.program(
        "import pulumi\nfrom pulumi_nao import TrackingConfigPublication\n"
        'TrackingConfigPublication("site", site_id=910, triggers={"t": pulumi.Output.secret("hush-hush")})\n'
    )
    run = stack.up()
    assert run.green
    assert "hush-hush" not in run.output
    assert "hush-hush" not in stack.pulumi("stack", "export").output


def test_a_secret_trigger_stays_secret_when_the_job_fails(stack):
    stack.program(
        "import pulumi\nfrom pulumi_nao import TrackingConfigPublication\n"
        'TrackingConfigPublication("site", site_id=911, triggers={"t": pulumi.Output.secret("hush-hush")})\n'
    )
    assert not stack.up().green
    assert "hush-hush" not in stack.pulumi("stack", "export").output
