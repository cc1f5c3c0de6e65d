def test_the_publication_follows_the_edits_in_the_same_run(example):
    example.run("Set up")
    assert example.publishes("Publish") == 1
    assert example.publishes("Change one edit") == 1
    assert "20-07" in (example.folder / "alerts.json").read_text()
    assert example.publishes("Clean up") == 0
    assert not (example.folder / "alerts.json").exists()
