def test_a_site_is_published_for_its_own_files_and_all_for_the_shared_ones(example):
    example.run("Set up")
    assert example.publishes("Publish") == 2
    assert example.publishes("Change one site") == 1
    assert example.nao.publications(912) == 2
    assert example.publishes("Change what is shared") == 2
    assert example.publishes("Clean up") == 0


def test_a_site_that_is_wrapped_later_is_not_published_again_with_the_alias_of_the_readme(project):
    component = project.folder / "published_site.py"
    alias = "aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)]"
    assert f"`{alias}`" in (project.folder / "README.md").read_text()
    component.write_text(component.read_text().replace("parent=self,", f"parent=None, {alias},"))
    project.run("Set up")
    assert project.command("pulumi up").green
    component.write_text(component.read_text().replace("parent=None,", "parent=self,"))
    assert project.command("pulumi up").green
    assert project.nao.publications() == 2
