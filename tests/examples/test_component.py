def test_a_site_is_published_for_its_own_files_and_all_for_the_shared_ones(example):
    example.run("Set up")
    assert example.publishes("Publish") == 2
    assert example.publishes("Change one site") == 1
    assert example.nao.publications(912) == 2
    assert example.publishes("Change what is shared") == 2
    assert example.publishes("Clean up") == 0
