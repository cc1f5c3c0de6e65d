def test_the_program_passes_its_tests_without_a_key_and_then_publishes(example):
    example.run("Set up")
    output = example.run("Test")
    assert output.count("2 passed") == 2
    assert example.nao.count() == 0
    assert example.publishes("Publish") == 2
    assert example.publishes("Clean up") == 0


def test_its_tests_notice_a_program_that_publishes_another_site(project):
    sites = project.folder / "sites.json"
    sites.write_text(sites.read_text().replace("912", "921"))
    run = project.command(".venv/bin/python -m pytest test_with_mocks.py")
    assert run.code == 1
    assert "1 failed, 1 passed" in run.output
