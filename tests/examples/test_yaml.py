def test_sites_of_two_accounts_are_published_once_for_each_change(example):
    example.run("Set up")
    assert "/api/v2/background_jobs/" in example.run("Publish")
    assert (example.nao.publications(910), example.nao.publications(911)) == (1, 1)
    assert example.publishes("Change a file") == 1
    assert example.publishes("Clean up") == 0
