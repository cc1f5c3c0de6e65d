"""The tags of a list, and the publication that follows them."""

import re
from runpy import run_path

import pulumi
import pytest

from pulumi_nao.simulator import Tag
from tests.examples.project import EXAMPLES

BATCH = "sites/910/nao_trackables/batch"

read_tags = run_path(str(EXAMPLES / "tags-and-publication" / "tags.py"))["read_tags"]


def sent(project):
    return len(project.nao.actions("PUT", BATCH))


def test_a_changed_list_is_sent_and_the_site_published_after_it_and_an_unchanged_one_sends_nothing(example):
    example.run("Set up")
    assert example.publishes("Publish") == 1
    assert sent(example) == 1
    assert example.publishes("Change a tag") == 1
    assert sent(example) == 2
    assert example.nao.tags(910) == [
        Tag("Forklift 1", "AA:BB:CC:11:22:33"),
        Tag("Forklift 7", "AA:BB:CC:11:22:34"),
        Tag("Pallet truck 1", "AA:BB:CC:11:22:35"),
    ]
    requests = example.nao.count()
    assert example.publishes("Clean up") == 0
    assert example.nao.count() == requests


def test_tags_that_the_server_refuses_are_not_published_and_are_sent_again_once_it_takes_them(project):
    project.nao.script(f"PUT {BATCH}", "422")
    project.run("Set up")
    refused = project.command("pulumi up --skip-preview")
    assert refused.code != 0
    assert f"error: PUT {BATCH} refused by the server: 422 Unprocessable" in refused.output
    assert (sent(project), project.nao.publications()) == (0, 0)
    assert project.publishes("Publish") == 1
    assert sent(project) == 1


def test_a_list_whose_answer_was_lost_is_sent_again_and_then_published(project):
    project.nao.script(f"PUT {BATCH}", "reset-after")
    project.run("Set up")
    lost = project.command("pulumi up --skip-preview")
    assert lost.code != 0
    assert f"error: PUT {BATCH} may have started" in lost.output
    assert project.nao.publications() == 0
    assert project.publishes("Publish") == 1
    assert sent(project) == 2


def test_a_list_that_cannot_be_meant_stops_the_run_before_anything_is_sent(project):
    project.run("Set up")
    (project.folder / "tags.csv").write_text("name,tracking_id\n")
    run = project.command("pulumi up --skip-preview")
    assert run.code != 0
    assert "error: tags.csv: there is no tag in it" in run.output
    assert "Traceback" not in run.output
    assert project.nao.count() == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"name,tracking_id\n", "tags.csv: there is no tag in it"),
        (b"", "tags.csv, line 1: write the names of the columns: name,tracking_id"),
        (b"name;tracking_id\nA;1\n", "tags.csv, line 1: write the names of the columns: name,tracking_id"),
        (b"name,tracking_id\nA,1\nB,1\n", "tags.csv, line 3: this tracking id is in the list already"),
        (b"name,tracking_id\nA,aa:1\n\nB,AA:1\n", "tags.csv, line 4: this tracking id is in the list already"),
        (b"name,tracking_id\nA,1\nB\n", "tags.csv, line 3: a tag has a name and a tracking id"),
        (b"name,tracking_id\nA, \n", "tags.csv, line 2: a tag has a name and a tracking id"),
        (b"name,tracking_id\nA,1,2\n", "tags.csv, line 2: a tag has a name and a tracking id"),
        (b'name,tracking_id\n"A,1\n', "tags.csv, line 2 or below: a quote is not closed"),
        (b'name,tracking_id\nA,1\n"B,2\nC,3\n', "tags.csv, line 3 or below: a quote is not closed"),
        (b'name,tracking_id\nA,1\n"B,2\nC,"3"\n', "tags.csv, line 3 or below: a quote is not closed"),
        (b'"name,tracking_id\nA,1\n', "tags.csv, line 1 or below: a quote is not closed"),
        (b"name,tracking_id\nR\xe9,1\n", "tags.csv is no CSV in UTF-8"),
        (None, "tags.csv cannot be read: No such file"),
    ],
)
def test_a_list_that_cannot_be_meant_is_refused_with_the_line(tmp_path, content, told):
    file = tmp_path / "tags.csv"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(pulumi.RunError, match=re.escape(told)):
        read_tags(file)


def test_a_list_from_a_spreadsheet_is_read(tmp_path):
    file = tmp_path / "tags.csv"
    file.write_bytes(b"\xef\xbb\xbfname,tracking_id\r\n R\xc3\xa9mi ,AA:1\r\n")
    assert read_tags(file) == [{"name": "Rémi", "tracking_id": "AA:1"}]
