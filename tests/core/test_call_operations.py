"""What `check`, `diff`, `create`, `update` and `read` do for a call: between Pulumi's bags and the lifecycle."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_nao.accounts import Account
from pulumi_nao.errors import ConfigurationError, NotSent, PollDenied, PollFailed, PollNotFound, Rejected
from pulumi_nao.host import ProviderError
from pulumi_nao.lifecycle import Runner
from pulumi_nao.models import Done
from pulumi_nao.resources.kinds import API_CALL
from pulumi_nao.values import digest_of, same
from tests.core import publications
from tests.core.fake_clock import FakeClock
from tests.core.recording_host import EngineHost, RecordingHost
from tests.core.test_call_lifecycle import BODY, FAILED, JOB_URL, LOST, NAME, OTHER, Client
from tests.core.test_foreign_records import FOREIGN
from tests.core.test_foreign_records import SERVER as PRIVATE
from tests.core.test_lifecycle import DONE, RUNNING, SERVER
from tests.core.test_words import as_sent

pytestmark = pytest.mark.disable_socket

BEGAN = "2026-01-01T00:00:00.000Z"
GIVEN = {"path": "sites/910/tags", "method": "PUT", "body": BODY, "config_namespace": "nao"}
INPUTS = {**GIVEN, "base_url": SERVER}
OUTPUTS = {**INPUTS, "has_finished": True, "status": "success", "started_at": BEGAN}
UNKNOWN = {**INPUTS, "has_finished": False, "status": "unknown", "started_at": BEGAN}
GONE = {**UNKNOWN, "job_url": JOB_URL}
RUNS = {**UNKNOWN, "status": "In progress", "job_id": "1", "job_url": JOB_URL}
FAILED_ONCE = {**RUNS, "status": "failure", "has_finished": True}
WAYS_ON = (
    "Look in NAO Cloud whether it was done. If it was, say so of this attempt, in the program:\n"
    f'    assume_done="{BEGAN}"\n'
    "  If it was not, or if doing it twice does no harm:\n"
    '    if_unknown="again"\n'
    "  A changed body or changed triggers are sent as well.\n"
)
STOPS = "  The next `pulumi up` stops here until one of these is in the program."
SECRET = "hunter2-hunter2"


@pytest.fixture
def host():
    return EngineHost()


@pytest.fixture
def operations(host):
    """The operations of calls, and no key: what is decided offline needs none."""
    return publications.operations({}, host, kind=API_CALL)


def meeting(client, operations, clock):
    operations._accounts.open = lambda *_: Account(client, Runner(client, clock))
    return operations


@pytest.fixture
def against(operations):
    """Let the operations meet a server."""

    def against(client):
        return meeting(client, operations, FakeClock())

    return against


def fails(method, *bags):
    with pytest.raises(ProviderError) as caught:
        method(*bags)
    return str(caught.value)


def test_a_checked_call_has_its_server_and_its_method(operations):
    inputs, problems = operations.check({}, {"path": "sites", "config_namespace": "nao"})
    assert (inputs, problems) == (
        {"path": "sites", "method": "POST", "config_namespace": "nao", "base_url": SERVER},
        [],
    )


def test_what_the_program_leaves_out_is_not_recorded(operations):
    news = {**GIVEN, "triggers": None, "results": None, "assume_done": None, "if_unknown": "fail"}
    assert operations.check({}, said(news, body=False)) == ({**INPUTS, "if_unknown": "fail"}, [])


def test_an_empty_body_is_not_the_same_as_none(operations):
    inputs, _ = operations.check({}, {**GIVEN, "body": {}})
    assert inputs["body"] == {}


def test_a_secret_path_is_refused_with_the_way_to_show_it(operations):
    _, problems = operations.check({}, {**GIVEN, "_secrets": {"path": True, "body": False}})
    (problem,) = problems
    assert problem == (
        "path: this is a secret, and a path is shown in logs and in the state; where it may be, write "
        "pulumi.Output.unsecret(...)"
    )


def said(news, *, body):
    """What a program says of the secrets in what it has declared."""
    return {
        **news,
        "_secrets": {"path": False, "body": body, "digests": [digest_of(news["path"]), digest_of(news["body"])]},
    }


@pytest.mark.parametrize(
    ("olds", "news", "is_secret"),
    [
        ({}, said(GIVEN, body=True), True),
        ({}, said(GIVEN, body=False), False),
        ({}, GIVEN, True),
        ({**INPUTS, "secret_body": True}, {**INPUTS, "secret_body": True}, True),
        ({**INPUTS, "secret_body": True}, said(GIVEN, body=False), True),
        ({**INPUTS, "secret_body": True}, said({**GIVEN, "body": OTHER}, body=False), False),
        ({**INPUTS, "secret_body": True}, said({**GIVEN, "body": OTHER}, body=True), True),
        (INPUTS, said(GIVEN, body=True), True),
    ],
    ids=[
        "the program says so",
        "the program denies it",
        "a transform took the word away",
        "all changes are ignored",
        "a change of the body is ignored",
        "another body",
        "another body that is secret",
        "a secret from now on",
    ],
)
def test_a_body_that_was_a_secret_stays_one(operations, olds, news, is_secret):
    inputs, problems = operations.check(olds, news)
    assert problems == []
    assert inputs.get("secret_body", False) is is_secret


def test_a_path_that_a_transformation_has_changed_may_be_a_secret(operations):
    _, problems = operations.check({}, {**said(GIVEN, body=False), "path": "sites/910/other"})
    (problem,) = problems
    assert problem.startswith("path: a transformation has changed it, so it may be a secret")


def test_a_body_that_a_transformation_has_changed_counts_as_a_secret(operations):
    inputs, problems = operations.check(INPUTS, {**said(GIVEN, body=False), "body": OTHER})
    assert (inputs["secret_body"], problems) == (True, [])


def test_a_server_or_a_flag_that_a_program_gives_as_an_input_is_refused(operations):
    _, problems = operations.check({}, {**INPUTS, "secret_body": True})
    assert problems == ["base_url: there is no such input", "secret_body: there is no such input"]


def test_what_is_unknown_at_preview_passes(operations):
    news = {**GIVEN, "path": Unknown(), "body": {"rows": [Unknown()]}, "triggers": [Unknown()]}
    inputs, problems = operations.check({}, {**news, "_secrets": {"path": False, "body": False}})
    assert (inputs["base_url"], problems) == (SERVER, [])


@pytest.mark.parametrize("name", ["path", "body", "triggers"])
def test_what_is_unknown_may_be_a_change(operations, host, name):
    assert operations.diff(UNKNOWN, {**INPUTS, name: Unknown()}) == (True, [])
    assert host.warnings == []


@pytest.mark.parametrize(
    ("news", "answer"),
    [
        ({}, (False, [])),
        ({"results": {"id": "/data/id"}}, (False, [])),
        ({"if_unknown": "again"}, (False, [])),
        ({"assume_done": BEGAN}, (False, [])),
        ({"secret_body": True}, (False, [])),
        ({"config_namespace": "nao-eu"}, (False, [])),
        ({"body": {"rows": [1.0]}}, (False, [])),
        ({"body": OTHER}, (True, [])),
        ({"triggers": ["t"]}, (True, [])),
        ({"method": "POST"}, (True, ["method"])),
        ({"path": "sites/911/tags"}, (True, ["path"])),
        ({"path": "sites/911/tags", "method": "POST"}, (True, ["path", "method"])),
        ({"base_url": "https://other.example.com"}, (True, ["base_url"])),
    ],
)
def test_address_content_and_server_are_changes_and_nothing_else_is(operations, host, news, answer):
    assert operations.diff(OUTPUTS, {**INPUTS, **news}) == answer
    assert host.warnings == []


def test_the_preview_says_that_an_unknown_outcome_will_stop_the_run(operations, host):
    assert operations.diff(UNKNOWN, INPUTS) == (True, [])
    assert host.warnings == [
        f"`pulumi up` will stop here: {NAME} not sent: nobody knows whether the attempt of {BEGAN} was successful"
    ]


@pytest.mark.parametrize(
    "news", [{"if_unknown": "again"}, {"assume_done": BEGAN}, {"body": OTHER}, {"triggers": ["t"]}]
)
def test_the_preview_says_nothing_of_an_attempt_that_is_settled(operations, host, news):
    assert operations.diff(UNKNOWN, {**INPUTS, **news}) == (True, [])
    assert host.warnings == []


@pytest.mark.parametrize("olds", [UNKNOWN, RUNS], ids=["unknown", "running"])
def test_the_preview_says_that_a_replacement_does_not_wait(operations, host, olds):
    assert operations.diff(olds, {**INPUTS, "method": "POST"}) == (True, ["method"])
    assert host.warnings == [f"how {NAME} ended is not known; the replacement does not wait for it"]


@pytest.mark.parametrize("olds", [OUTPUTS, FAILED_ONCE], ids=["done", "failed"])
def test_the_preview_says_nothing_of_a_replacement_of_what_has_ended(operations, host, olds):
    assert operations.diff(olds, {**INPUTS, "method": "POST"}) == (True, ["method"])
    assert host.warnings == []


def test_a_replacement_does_not_take_the_key_to_another_server(operations):
    olds = {**OUTPUTS, "base_url": PRIVATE}
    text = fails(operations.diff, olds, {**INPUTS, "base_url": PRIVATE, "method": "POST"})
    assert "recorded on another server than https://www.nao-cloud.com, and none is configured" in text


def test_an_unknown_outcome_fails_offline_and_without_a_key(operations, host):
    text = fails(operations.update, UNKNOWN, INPUTS)
    assert text == (
        f"{NAME} not sent: nobody knows whether the attempt of {BEGAN} was successful\n"
        f"  It got no answer that tells. {WAYS_ON}{STOPS}"
    )
    assert host.saved is None


def test_an_attempt_that_is_settled_is_recorded_offline_and_without_a_key(operations, host):
    outputs = operations.update(GONE, {**INPUTS, "assume_done": BEGAN})
    assert (outputs["status"], outputs["has_finished"], outputs["job_url"]) == ("assumed", True, JOB_URL)
    assert operations.diff(outputs, INPUTS) == (False, [])
    assert host.warnings == []


def test_a_settled_attempt_has_none_of_the_results_and_says_so(operations, host):
    outputs = operations.update(UNKNOWN, {**INPUTS, "assume_done": BEGAN, "results": {"id": "/data/id"}})
    assert outputs["answer"] == {}
    assert host.warnings == ["results: nothing that can be kept was found for id: the output `answer` is without"]


def test_without_a_key_nothing_is_sent(operations):
    assert fails(operations.create, INPUTS).startswith(f"{NAME} not sent: there is no NAO Cloud key\n")


def test_an_update_without_a_key_says_that_the_recorded_job_comes_first(operations):
    said = fails(operations.update, RUNS, INPUTS)
    assert said.startswith(f"{NAME} not sent: there is no NAO Cloud key\n")
    assert said.endswith("\n  The next `pulumi up` takes up job 1 first.")


@pytest.mark.parametrize(
    ("error", "jobs", "first"),
    [
        (LOST, None, f"{NAME} may have started: reset"),
        (None, {"1": [PollNotFound("404")]}, f"{NAME} ended in a way nobody knows: NAO Cloud has no record of job 1"),
    ],
    ids=["no answer", "job gone"],
)
def test_what_may_have_been_done_names_the_ways_on_at_once(against, host, error, jobs, first):
    client = Client(*[error] * bool(error), jobs=jobs)
    text = fails(against(client).create, INPUTS)
    assert text.startswith(first)
    assert text.endswith(f"\n  {WAYS_ON}{STOPS}")
    assert (host.saved["status"], host.saved["has_finished"], host.saved["started_at"]) == ("unknown", False, BEGAN)


def test_where_running_twice_does_no_harm_nothing_is_asked(against, host):
    text = fails(against(Client(LOST)).create, {**INPUTS, "if_unknown": "again"})
    assert text.endswith("\n  The next `pulumi up` sends the request again.")
    assert "assume_done" not in text
    assert host.saved["status"] == "unknown"


def test_a_failure_first_seen_by_an_update_is_recorded_and_shown(against, host):
    client = Client(jobs={"1": [FAILED]})
    text = fails(against(client).update, RUNS, INPUTS)
    assert text.splitlines()[0] == f"{NAME} failed: No graph."
    assert text.endswith("\n  The next `pulumi up` sends the request again.")
    assert (client.sent, host.saved["status"], host.saved["job_id"]) == ([], "failure", "1")


def test_an_answer_gives_the_results_and_nothing_else(against, host):
    client = Client(Done({"data": {"id": "7", "password": SECRET}}))
    identifier, outputs = against(client).create({**INPUTS, "results": {"id": "/data/id", "no": "/data/no"}})
    assert identifier == NAME
    assert outputs["answer"] == {"id": "7"}
    assert SECRET not in repr(outputs)
    assert host.warnings == ["results: nothing that can be kept was found for no: the output `answer` is without"]


def test_without_results_there_is_no_answer(against, host):
    _, outputs = against(Client(Done({"data": 1}))).create(INPUTS)
    assert "answer" not in outputs
    assert host.warnings == []


@pytest.mark.parametrize("olds", [None, RUNS], ids=["created", "resumed"])
def test_a_job_gives_no_results_and_says_so(against, host, olds):
    operations, inputs = against(Client(jobs={"1": [DONE]})), {**INPUTS, "results": {"id": "/data/id"}}
    outputs = operations.update(olds, inputs) if olds else operations.create(inputs)[1]
    assert outputs["answer"] == {}
    assert host.warnings == ["results: nothing that can be kept was found for id: the output `answer` is without"]


def test_what_was_sent_is_recorded_as_it_was_given(against):
    given = {"body": {"rows": [1.0]}, "triggers": {"zones": "a"}}
    _, outputs = against(Client(Done())).create({**INPUTS, **given})
    assert outputs.items() >= {**INPUTS, **given}.items()


@pytest.mark.parametrize("olds", [None, FAILED_ONCE, RUNS], ids=["created", "failed once", "running"])
def test_a_host_that_cannot_save_fails_before_anything_is_sent(against, host, olds):
    host.saves = False
    client = Client()
    operations = against(client)
    text = fails(operations.update, olds, INPUTS) if olds else fails(operations.create, INPUTS)
    assert text.startswith(f"{NAME} not sent: this version of Pulumi's SDK cannot record an attempt whose outcome is")
    assert (client.sent, client.limits) == ([], [])


def test_a_host_that_cannot_save_sends_what_may_be_repeated(against, host):
    host.saves = False
    client = Client(LOST)
    text = fails(against(client).create, {**INPUTS, "if_unknown": "again"})
    assert text.endswith("\n  The next `pulumi up` sends the request again.")
    assert (len(client.sent), host.saved) == (1, None)


@pytest.mark.parametrize("looks", [[DONE], [RUNNING], [PollNotFound("404")]], ids=["done", "running", "gone"])
def test_a_refresh_sends_nothing(against, looks):
    client = Client(jobs={"1": looks})
    assert against(client).read(RUNS)["has_finished"] is (looks == [DONE])
    assert client.sent == []


def test_a_refresh_leaves_a_failure_to_the_next_up_and_says_so(against, host):
    client = Client(jobs={"1": [FAILED]})
    operations = against(client)
    refreshed = operations.read(RUNS)
    assert refreshed == RUNS
    assert host.warnings == [f"{NAME} failed: the next `pulumi up` tells why, and sends nothing"]
    assert fails(operations.update, refreshed, INPUTS).startswith(f"{NAME} failed: No graph.\n")
    assert client.sent == []


@pytest.mark.parametrize("stored", [UNKNOWN, GONE, OUTPUTS, FAILED_ONCE], ids=["unknown", "gone", "done", "failed"])
def test_a_refresh_of_what_has_no_running_job_needs_no_key(operations, host, stored):
    assert operations.read(stored) == stored
    assert host.warnings == []


def test_a_refresh_without_a_key_leaves_what_is_stored_and_says_so(operations, host):
    assert operations.read(RUNS) == RUNS
    assert host.warnings == [f"{NAME}: its job was not looked at: there is no NAO Cloud key"]


@pytest.mark.parametrize("stored", [{}, {"path": "sites", "_configuration": {}}])
def test_an_import_is_refused_with_what_to_do(operations, stored):
    assert fails(operations.read, stored) == (
        "a call cannot be imported: NAO Cloud has no record of it to read\n"
        "  Declare the resource and run `pulumi up`: it sends the request once."
    )


def test_two_calls_that_overwrite_each_other_are_warned_of(operations, host):
    for name in ("tags", "labels"):
        host.name = name
        operations.check({}, GIVEN)
    assert host.warnings == ["tags has the same path and method: each overwrites the other's"]


@pytest.mark.parametrize(
    "other",
    [{"path": "sites/911/tags"}, {"method": "POST"}, {"path": Unknown()}, {"config_namespace": "nao-eu"}],
    ids=["another path", "another method", "a path that is not known yet", "another server"],
)
def test_calls_that_overwrite_nothing_of_each_other_are_not(host, other):
    operations = publications.operations({"nao-eu:baseUrl": "https://eu.example.com"}, host, kind=API_CALL)
    for name, news in (("tags", GIVEN), ("labels", {**GIVEN, **other})):
        host.name = name
        assert operations.check({}, news)[1] == []
    assert host.warnings == []


def test_one_call_that_is_checked_again_overwrites_nothing(operations, host):
    for _ in range(2):
        operations.check({}, GIVEN)
    assert host.warnings == []


def test_a_host_that_sees_no_calls_warns_of_nothing():
    host = RecordingHost()
    operations = publications.operations({}, host, kind=API_CALL)
    for _ in range(2):
        operations.check({}, GIVEN)
    assert host.warnings == []


@pytest.mark.parametrize("triggers", [None, {"zones": "a"}], ids=["no triggers", "triggers"])
@pytest.mark.parametrize("record", FOREIGN.values(), ids=FOREIGN)
def test_a_record_of_another_kind_of_resource_stops_the_run_and_says_so(operations, host, record, triggers):
    news = {**INPUTS, **({"triggers": triggers} if triggers else {})}
    assert operations.diff(record, news) == (True, [])
    assert host.warnings == [f"`pulumi up` will stop here: {NAME} not sent: nobody knows whether it was done before"]
    assert fails(operations.update, record, news) == (
        f"{NAME} not sent: nobody knows whether it was done before\n"
        "  The state holds no record of this package here. Look in NAO Cloud; to have it sent:\n"
        '    if_unknown="again"\n'
        f"{STOPS}"
    )


@pytest.mark.parametrize("record", FOREIGN.values(), ids=FOREIGN)
def test_a_record_of_another_kind_of_resource_is_run_over_where_the_program_says_so(against, record):
    client = Client(Done())
    assert against(client).update(record, {**INPUTS, "if_unknown": "again"})["status"] == "success"
    assert len(client.sent) == 1


def test_a_refresh_leaves_a_record_of_another_kind_as_it_is(operations, host):
    foreign = {**OUTPUTS, "path": "../sites"}
    assert operations.read(foreign) == foreign
    (warning,) = host.warnings
    assert warning == (
        "nothing is known of a call here: the record is one of another kind of resource. The next `pulumi up` asks "
        "what to do."
    )


# An error hook makes the engine call again with the bags from before the first call: the process remembers.


def test_a_hook_sends_an_unknown_outcome_not_again(against, host):
    client = Client(LOST)
    operations = against(client)
    fails(operations.create, INPUTS)
    saved = host.saved
    text = fails(operations.create, INPUTS)
    assert text.startswith(f"{NAME} not sent: nobody knows whether the attempt of {BEGAN}")
    assert (len(client.sent), host.saved) == (1, saved)


def test_a_hook_goes_on_with_a_running_job(against):
    client = Client(jobs={"1": [RUNNING]})
    operations = against(client)
    fails(operations.create, INPUTS)
    client.jobs["1"] = [DONE]
    _, outputs = operations.create(INPUTS)
    assert (outputs["status"], len(client.sent)) == ("success", 1)


def test_a_hook_that_read_of_a_failure_runs_it_again(against):
    client = Client(jobs={"1": [FAILED]})
    operations = against(client)
    fails(operations.create, INPUTS)
    client.answers = [Done()]
    _, outputs = operations.create(INPUTS)
    assert (outputs["status"], len(client.sent)) == ("success", 2)


def test_another_address_under_the_same_name_is_new_to_a_hook(against):
    client = Client(LOST, Done())
    operations = against(client)
    fails(operations.create, INPUTS)
    _, outputs = operations.create({**INPUTS, "path": "sites/911/tags"})
    assert (outputs["path"], len(client.sent)) == ("sites/911/tags", 2)


def test_a_refusal_keeps_the_record_of_the_try_before_the_hook(against, host):
    client = Client(LOST, ConfigurationError("no"))
    operations = against(client)
    fails(operations.create, INPUTS)
    fails(operations.create, {**INPUTS, "body": OTHER})
    assert (host.saved["body"], host.saved["status"]) == (BODY, "unknown")


WITH_SECRET = {**INPUTS, "body": {"token": SECRET}, "secret_body": True}


def test_the_flag_is_recorded(against):
    _, outputs = against(Client(Done())).create(WITH_SECRET)
    assert outputs["secret_body"] is True


def test_a_defect_of_ours_shows_where_it_was_and_not_what_it_said(against, host):
    text = fails(against(Client(ValueError(f"cannot send {SECRET}"))).create, WITH_SECRET)
    first, *rest = text.splitlines()
    assert first == f"{NAME} met a defect of pulumi-nao: ValueError: withheld, as it may repeat the secret body"
    assert any("lifecycle.py" in line for line in rest)
    assert SECRET not in text
    assert host.saved["status"] == "unknown"


@pytest.mark.parametrize(
    "news",
    [
        WITH_SECRET,
        {**GIVEN, "body": {"token": SECRET}, "_secrets": {"path": False, "body": True}},
        {**GIVEN, "body": {"token": SECRET}, "_secrets": "taken away"},
    ],
    ids=["checked", "to be checked", "to be checked, with a mark that is none"],
)
@pytest.mark.parametrize("method", ["check", "diff", "update"])
def test_a_defect_in_any_method_does_so(operations, monkeypatch, method, news):
    def broken(*_bags):
        raise ValueError(f"cannot read {SECRET}")

    monkeypatch.setattr(operations._kind.__class__, "wanted", broken)
    monkeypatch.setattr(operations, "_recorded_server", broken)
    text = fails(getattr(operations, method), WITH_SECRET, news)
    assert SECRET not in text
    next_step = "sends the request again" if method == "update" else "tries again"
    assert text.endswith(f"  The next `pulumi up` {next_step}.")


def test_a_defect_of_a_call_without_secrets_says_what_it_was(against):
    text = fails(against(Client(ValueError("odd"))).create, INPUTS)
    assert text.startswith(f"{NAME} met a defect of pulumi-nao: ValueError: odd\n")


@pytest.mark.timeout(60)  # searching the text for each part of it in every encoding would take hours
def test_a_large_one_does_not_hold_up_its_error(against):
    body = {"rows": [f"{SECRET}-{number}" for number in range(10_000)], "file": SECRET * 50_000}
    text = fails(against(Client(ZeroDivisionError())).create, {**WITH_SECRET, "body": body})
    assert SECRET not in text


# A story of runs, each a process of its own, against a server that answers as it likes.
SAYS = {
    "done": Done(),
    "lost": LOST,
    "defect": ZeroDivisionError("boom"),
    "rejected": Rejected(NAME, "422"),
    "not sent": NotSent("no", operation=NAME),
}
SHOWS = {
    "running": RUNNING,
    "done": DONE,
    "failed": FAILED,
    "gone": PollNotFound("404"),
    "denied": PollDenied("the server refuses the key: 401"),
    "passing": PollFailed("the server answers 502"),
}
RUNS_OF_PULUMI = st.fixed_dictionaries(
    {
        "command": st.sampled_from(["up", "up", "refresh"]),
        "body": st.sampled_from([BODY, BODY, BODY, OTHER]),
        "assume_done": st.sampled_from(["nothing", "as before", "the attempt on record"]),
        "answer": st.sampled_from(["job"] * 4 + sorted(SAYS)),
        "looks": st.lists(st.sampled_from(sorted(SHOWS)), min_size=1, max_size=2),
    }
)


@settings(max_examples=300, deadline=None)
@given(st.lists(RUNS_OF_PULUMI, min_size=6, max_size=12))
def test_nothing_is_sent_twice_unless_its_failure_was_shown_before_or_a_person_has_said_so(runs):
    state, failure_was_shown, assumed = {}, False, None
    for number, run in enumerate(runs):
        clock = FakeClock()
        clock.time = 1000.0 * number
        says = [SAYS[answer] for answer in [run["answer"]] if answer in SAYS]
        client = Client(*says, jobs={state.get("job_id") or str(number + 1): [SHOWS[look] for look in run["looks"]]})
        host = EngineHost()
        operations = meeting(client, publications.operations({"nao:timeout": "60s"}, host, kind=API_CALL), clock)
        if run["command"] == "refresh":
            state = as_sent(operations.read(state)) if state else {}
            assert client.sent == []
            continue
        assumed = {"nothing": None, "as before": assumed}.get(run["assume_done"], state.get("started_at"))
        inputs, _ = operations.check({}, {**GIVEN, "body": run["body"], "assume_done": assumed})
        try:
            if not state:
                outputs = operations.create(inputs)[1]
            else:
                outputs = operations.update(state, inputs) if operations.diff(state, inputs)[0] else state
        except ProviderError as error:
            outputs, shown = host.saved, " failed: No graph." in str(error)
        else:
            shown = False
            assert outputs is state or outputs["status"] == "success" or assumed == outputs["started_at"]
            assert operations.diff(outputs, inputs) == (False, [])
        if client.sent and state and same(state["body"], run["body"]):
            assert failure_was_shown
        assert len(client.sent) <= 1
        if outputs:
            state, failure_was_shown = as_sent(outputs), shown


def test_a_defect_while_a_recorded_job_is_awaited_does_so_too(against):
    outputs = {**WITH_SECRET, "job_id": "1", "has_finished": False, "status": "In progress"}
    now_public = {**INPUTS, "body": {"token": SECRET}}
    text = fails(against(Client(jobs={"1": [ValueError(SECRET)]})).update, outputs, now_public)
    assert text.startswith(f"{NAME} met a defect of pulumi-nao: ValueError: withheld")
    assert text.endswith("  The next `pulumi up` takes up job 1 first.")
    assert SECRET not in text


@pytest.mark.parametrize("looks", [[ValueError(SECRET)], [RUNNING, ValueError(SECRET)]], ids=["at first", "later"])
def test_a_defect_while_a_job_runs_does_so_too(against, host, looks):
    text = fails(against(Client(jobs={"1": looks})).create, WITH_SECRET)
    assert text.startswith(f"{NAME} met a defect of pulumi-nao: ValueError: withheld")
    assert SECRET not in text
    assert host.saved["job_id"] == "1"
