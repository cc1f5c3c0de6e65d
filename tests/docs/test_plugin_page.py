"""The page of the native plugin says what its schema says."""

from tests.plugin.page import PAGE, TABLE, tables, written


def test_the_page_has_every_table_of_the_schema_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run `python -m tests.plugin.page`"
    assert [place[2] for place in TABLE.finditer(page)] == [
        "TrackingConfigPublication.inputs",
        "TrackingConfigPublication.outputs",
        "settings",
    ]
    assert sorted(tables()) == sorted(place[2] for place in TABLE.finditer(page))
