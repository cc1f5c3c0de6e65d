def test_a_site_is_published_once_for_each_change_of_its_files(example):
    example.run("Set up")
    assert "/api/v2/background_jobs/48145" in example.run("Publish")
    assert example.nao.publications(910) == 1
    assert example.publishes("Change a file") == 1
    assert example.publishes("Clean up") == 0
