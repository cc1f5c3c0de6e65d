"""What needs no key and makes no request, and what is refused in the program."""

from tests.engine.stack import KEY


def test_a_refresh_makes_no_request_and_changes_nothing(published):
    before = published.nao.count()
    assert published.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes").green
    assert published.nao.count() == before


def test_a_refresh_that_runs_the_program_makes_no_request(published):
    before = published.nao.count()
    run = published.pulumi("refresh", "--yes", "--skip-preview", "--run-program", "--expect-no-changes")
    assert run.green, run.output
    assert published.nao.count() == before


def test_a_destroy_makes_no_request(published):
    before = published.nao.count()
    assert published.pulumi("destroy", "--yes", "--skip-preview").green
    assert published.nao.count() == before
    assert published.publication() is None


def test_an_unchanged_up_needs_no_key(published):
    del published.environment["NAO_API_KEY"]
    assert published.up().green


def test_a_preview_without_a_key_warns_once_for_all_publications(stack):
    stack.measure()
    del stack.environment["NAO_API_KEY"]
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        'TrackingConfigPublication("one", site_id=910)\nTrackingConfigPublication("two", site_id=912)\n'
    )
    run = stack.pulumi("preview", "--suppress-progress")
    assert run.green
    assert run.output.count("    warning: there is no NAO Cloud key") == 1


def test_a_misspelt_setting_is_told_once_at_preview_and_at_up(stack):
    stack.set("nao:timeOut", "hunter2")
    stack.set("other:timeOut", "hunter2")
    told = "    warning: configuration nao:timeOut: there is no such setting, so it is ignored; write nao:timeout\n"
    for run in (stack.pulumi("preview"), stack.up()):
        assert run.green
        assert run.output.count(told) == 1
        assert "hunter2" not in run.output
        assert "other:" not in run.output


def test_a_preview_says_that_few_publications_run_at_a_time(stack):
    stack.environment["PULUMI_PARALLEL"] = "3"
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        "for site in range(1, 22):\n    TrackingConfigPublication(f'site-{site}', site_id=site)\n"
    )
    told = (
        "    more than 20 publications and calls are declared, and no more than 3 run at a time: all of them take "
        "more than 6 times as long as one; PULUMI_PARALLEL=256 lets that many run\n"
    )
    assert stack.pulumi("preview", "--suppress-progress").output.count(told) == 1
    assert told not in stack.pulumi("preview", "--parallel", "256").output


def test_an_up_without_a_key_says_how_to_set_one(stack):
    del stack.environment["NAO_API_KEY"]
    run = stack.up()
    assert not run.green
    assert "publication of site 910 not sent: there is no NAO Cloud key" in run.output
    assert "pulumi config set --secret nao:apiKey" in run.output


def test_a_key_in_plain_text_is_refused(stack, inject):
    stack.measure()
    inject(meant=[stack.folder / "Pulumi.test.yaml", stack.folder.parent / "state"])  # where Pulumi keeps it
    stack.set("nao:apiKey", KEY)
    run = stack.up()
    assert not run.green
    assert "nao:apiKey stands in the configuration as plain text." in run.output
    assert "Traceback" not in run.output
    assert KEY not in run.output
    assert stack.nao.count() == 0


def test_a_bad_setting_of_the_project_file_is_not_said_to_be_the_stacks(stack):
    project = (stack.folder / "Pulumi.yaml").read_text()
    (stack.folder / "Pulumi.yaml").write_text(f"{project}config:\n  nao:timeout:\n    value: soon\n")
    run = stack.pulumi("preview")
    assert not run.green
    assert "configuration nao:timeout: write a number with its unit" in run.output
    assert "stack configuration" not in run.output


def test_an_output_in_the_text_of_a_trigger_is_refused_at_preview(stack):
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        'first = TrackingConfigPublication("first", site_id=912)\n'
        'TrackingConfigPublication("site", site_id=910, triggers={"job": f"{first.job_id}"})\n'
    )
    run = stack.pulumi("preview")
    assert not run.green
    assert "error: site: triggers.job: this text was made from an output or a resource" in run.output
    assert "Traceback" not in run.output


def test_an_import_is_refused(stack):
    stack.measure()
    program = (stack.folder / "__main__.py").read_text()
    stack.program(program.replace('"site",\n', '"site",\n    opts=pulumi.ResourceOptions(import_="910"),\n'))
    run = stack.up()
    assert "does not take the option 'import_'" in run.output
    assert stack.nao.count() == 0


def test_a_lost_server_setting_goes_to_the_recorded_server(published):
    del published.environment["NAO_BASE_URL"]
    published.set("zones", "b")
    assert published.up().green
    assert published.nao.publications(910) == 2


def test_a_replacement_with_a_lost_server_setting_is_refused(published):
    before = published.nao.count()
    del published.environment["NAO_BASE_URL"]
    published.set("site", "912")
    run = published.up()
    assert "recorded on another server than https://www.nao-cloud.com, and none is configured" in run.output
    assert published.nao.count() == before


def test_two_accounts_have_keys_of_their_own(stack):
    stack.nao.add_key("key-of-the-other-account", sites=[912])
    stack.environment |= {"NAO_EU_BASE_URL": stack.nao.url, "NAO_EU_API_KEY": "key-of-the-other-account"}
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        'TrackingConfigPublication("one", site_id=910)\n'
        'TrackingConfigPublication("two", site_id=912, config_namespace="nao-eu")\n'
    )
    assert stack.up().green
    assert stack.nao.publications() == 2


def test_another_account_must_state_its_server(stack):
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        'TrackingConfigPublication("two", site_id=912, config_namespace="nao-eu")\n'
    )
    assert "the configuration namespace 'nao-eu' states no server" in stack.up().output
