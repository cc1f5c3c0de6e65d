def test_each_stage_publishes_its_own_sites_with_the_keys_of_their_accounts(example):
    example.run("Set up")
    assert example.publishes("Publish a stage, then the next") == 5
    assert example.publishes("Change a file") == 2
    assert [example.nao.publications(site) for site in (910, 920, 911, 912, 921)] == [2, 2, 1, 1, 1]
    assert example.publishes("Clean up") == 0
