"""A record that an alias brought from another kind of resource: nobody knows what was published."""

import pytest

from tests.core import publications
from tests.core.recording_host import RecordingHost

SERVER = "https://nao.example.com"
WANTED = {"site_id": 910, "config_namespace": "nao", "base_url": SERVER, "triggers": {"zones": "a"}}
OURS = {
    **WANTED,
    "job_id": "48145",
    "job_url": f"{SERVER}/api/v2/background_jobs/48145",
    "has_finished": True,
    "status": "success",
    "started_at": "2026-01-31T03:00:00.123Z",
    "finished_at": "2026-01-31T03:00:05.123Z",
    "duration": 5.0,
}
FOREIGN = {
    "nothing": {},
    "the site alone": {"site_id": 910},
    "another server, and no status": {"site_id": 910, "base_url": "https://other.example.com"},
    "no server": {name: value for name, value in OURS.items() if name != "base_url"},
    "a server that is no text": {**OURS, "base_url": 5},
    "a server that is no address": {**OURS, "base_url": "nao"},
    "no site": {name: value for name, value in OURS.items() if name != "site_id"},
    "a site that is no number": {**OURS, "site_id": "warehouse"},
    "a site that is a list": {**OURS, "site_id": [910]},
    "no status": {name: value for name, value in OURS.items() if name != "status"},
    "a status that is a number": {**OURS, "status": 5},
    "a text for the end": {**OURS, "has_finished": "true"},
    "no word of the end": {name: value for name, value in OURS.items() if name != "has_finished"},
}
ODD = {
    "a start that is no time": {"started_at": "yesterday"},
    "a start without a zone": {"started_at": "2026-01-31T03:00:00"},
    "a start that is a number": {"started_at": 5},
    "an end that is a list": {"finished_at": []},
    "a duration that is a text": {"duration": "5 s"},
    "a message that is a mapping": {"message": {}},
    "a job that is a number": {"job_id": 48145},
}


@pytest.fixture
def host():
    return RecordingHost()


@pytest.fixture
def operations(host):
    return publications.operations({"nao:baseUrl": SERVER}, host, {})


@pytest.mark.parametrize("record", FOREIGN.values(), ids=FOREIGN)
def test_it_is_published_in_place(operations, record):
    assert operations.diff(record, WANTED) == (True, [])


@pytest.mark.parametrize("record", [record for record in FOREIGN.values() if record], ids=list(FOREIGN)[1:])
def test_a_refresh_leaves_it_as_it_is_and_says_so(operations, host, record):
    assert operations.read(record) == record
    (warning,) = host.warnings
    assert warning == (
        "nothing is known of a publication here: the record is one of another kind of resource. The next `pulumi up` "
        "publishes the site."
    )


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_detail_of_a_success_is_no_change(operations, odd):
    assert operations.diff({**OURS, **odd}, WANTED) == (False, [])


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_detail_of_an_unfinished_attempt_is_an_update(operations, odd):
    assert operations.diff({**OURS, "has_finished": False, **odd}, WANTED) == (True, [])


@pytest.mark.parametrize("record", FOREIGN.values(), ids=FOREIGN)
def test_its_inputs_decide_nothing(record):
    operations = publications.operations({}, RecordingHost(), {})
    olds = {name: value for name, value in record.items() if name != "config_namespace"}
    news = {"site_id": 910, "config_namespace": "nao", "_configuration": {"server": "", "names": []}}
    inputs, problems = operations.check(olds, news)
    assert (inputs["base_url"], problems) == ("https://www.nao-cloud.com", [])


def test_ignored_changes_bring_back_a_recorded_server_which_decides_nothing():
    operations = publications.operations({"nao:baseUrl": SERVER}, RecordingHost(), {})
    olds = {"site_id": 910, "config_namespace": "nao", "base_url": "https://former.example.com"}
    inputs, problems = operations.check(olds, dict(olds))
    assert (inputs["base_url"], problems) == (SERVER, [])


def test_a_server_that_a_program_gives_as_an_input_is_refused():
    operations = publications.operations({"nao:baseUrl": SERVER}, RecordingHost(), {})
    _, problems = operations.check({}, {"site_id": 910, "config_namespace": "nao", "base_url": SERVER})
    assert problems == ["base_url: there is no such input"]
