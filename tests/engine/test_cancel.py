"""Ctrl-C, time-outs and many at a time."""


def test_the_first_ctrl_c_saves_the_job_and_the_next_up_goes_on_with_it(stack):
    stack.nao.add_site(910, job_seconds=60)
    with stack.start("up", "--yes", "--skip-preview") as process:
        output = stack.interrupt_when(process, "job 48145 accepted")
    assert process.returncode != 0
    assert "the wait was cancelled" in output
    assert stack.publication()["outputs"]["job_id"] == "48145"
    assert not stack.state().get("pending_operations")
    stack.nao.finish_job("48145")
    assert stack.up().green
    assert stack.nao.publications(910) == 1


def test_custom_timeouts_end_the_wait_and_the_next_up_goes_on(stack):
    stack.nao.add_site(910, job_seconds=60)
    program = (stack.folder / "__main__.py").read_text()
    stack.program(
        program.replace(
            '"site",\n',
            '"site",\n    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2s")),\n',
        )
    )
    run = stack.up()
    assert "not finished after 2 s, the limit set by custom_timeouts.create" in run.output
    stack.nao.finish_job("48145")
    assert stack.up().green
    assert stack.nao.publications(910) == 1


def test_a_refresh_after_a_cancelled_wait_finds_the_success(stack):
    stack.environment["NAO_TIMEOUT"] = "1s"
    stack.nao.add_site(910, job_seconds=60)
    assert not stack.up().green
    stack.nao.finish_job("48145")
    assert stack.pulumi("refresh", "--yes", "--skip-preview").green
    assert stack.publication()["outputs"]["status"] == "success"
    assert stack.up("--expect-no-changes").green


def test_more_than_four_publications_run_at_a_time(stack):
    stack.environment["PULUMI_PARALLEL"] = "64"
    for site in range(1, 21):
        stack.nao.add_site(site, job_seconds=60)
    stack.environment["NAO_TIMEOUT"] = "2s"
    stack.program(
        "from pulumi_nao import TrackingConfigPublication\n"
        "for site in range(1, 21):\n"
        '    TrackingConfigPublication(f"site-{site}", site_id=site)\n'
    )
    stack.up()
    assert stack.nao.publications() == 20
