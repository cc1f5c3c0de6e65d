"""Every input of a call, wrong in type, range, size or encoding: refused with its path, without its value.

The program and the provider's `check` say the same, so each row is asked of both.
"""

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import Unknown

from pulumi_nao import ApiCall
from pulumi_nao.host.dynamic import DynamicHost
from pulumi_nao.resources.kinds import API_CALL
from tests.core import publications
from tests.core.test_bad_inputs import (
    BAD_WITH_SECRET,
    FORM,
    HALF,
    NOT_FINITE,
    ODD,
    OUTPUT,
    SECRET,
    TEXTS_OF_OUTPUTS,
    VALUES,
)

pytestmark = pytest.mark.disable_socket

GOOD = {"path": "sites/910/import", "method": "PUT", "config_namespace": "nao"}
SENTENCE = TEXTS_OF_OUTPUTS["an output as text"]


def refusals(news):
    return publications.operations({}, DynamicHost(), kind=API_CALL).check({}, news)[1]


def told_to_the_program(news):
    with pytest.raises(pulumi.RunError) as caught:
        ApiCall("tags", **{"path": None, **news})
    return [line.removeprefix("tags: ") for line in str(caught.value).splitlines()]


PATH = (
    "write the address below /api/v2/, such as sites/910/import: letters, digits, _ and -, joined by single slashes"
)
PATHS = {
    "empty": "",
    "a slash first": "/sites/910",
    "a slash last": "sites/910/",
    "two slashes": "sites//910",
    "the whole of it": "/api/v2/sites/910",
    "an address": "https://www.nao-cloud.com/api/v2/sites",
    "another host": "//evil.example/sites",
    "a folder above": "sites/../sessions",
    "this folder": "./sites",
    "dots alone": "..",
    "a query": "sites?force=1",
    "a fragment": "sites#910",
    "a percent sign": "sites%2f910",
    "a space": "sites /910",
    "a line break": "sites/910\n",
    "a header": "sites HTTP/1.1\r\nX: y",
    "a NUL": "sites/910\0",
    "a backslash": "sites\\910",
    "a semicolon": "sites;x=1",
    "a colon": "sites:910",
    "an at sign": "user@sites",
    "an umlaut": "größe",
    "full-width digits": "sites/９１０",
    "half a surrogate pair": "sites/\ud800",
    "a number": 910.0,
    "true": True,
    "bytes": b"sites",
    "a list": ["sites"],
    "a mapping": {"sites": 1},
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_what_is_no_path_is_refused(path, asked):
    assert asked({**GOOD, "path": path}) == [f"path: {PATH}"]


@pytest.mark.parametrize("path", ["sessions", "Sessions", "sessions/1", "SESSIONS/1/renew"])
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_the_place_where_keys_are_made_is_refused(path, asked):
    assert asked({**GOOD, "path": path}) == [
        "path: sessions is where keys are made; it is no place for a call that is recorded"
    ]


@pytest.mark.parametrize(
    "path", ["sites", "sites/910/nao_trackables/batch", "a-b/C_D/0", "my_sessions", "x/sessions"]
)
def test_a_good_path_passes(path):
    assert refusals({**GOOD, "path": path}) == []


@pytest.mark.parametrize("text", TEXTS_OF_OUTPUTS.values(), ids=TEXTS_OF_OUTPUTS)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_an_output_in_the_text_of_a_path_is_refused_with_the_way_to_write_it(text, asked):
    assert asked({**GOOD, "path": text}) == [f"path: {OUTPUT}"]


@pytest.mark.parametrize("news", [{"config_namespace": "nao"}, {"path": None, "config_namespace": "nao"}])
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_a_path_is_required(news, asked):
    assert asked(news) == ["path: this input is required"]


@pytest.mark.parametrize(
    "method", ["", "put", "Post", "GET", "DELETE", "PATCH", " PUT", "PUT\n", SENTENCE, 5.0, True, b"PUT", ["PUT"], {}]
)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_what_is_no_method_is_refused(method, asked):
    assert asked({**GOOD, "method": method}) == ["method: write one of POST, PUT"]


BODY = "body: give a mapping or a list, such as {'data': [...]}, or leave it out"


@pytest.mark.parametrize(
    "body",
    ["text", "", 5.0, True, b"x", {1}, pulumi.StringAsset("x"), object()],
    ids=lambda body: type(body).__name__,
)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_a_body_of_another_kind_is_refused(body, asked):
    assert asked({**GOOD, "body": body}) == [BODY]


@pytest.mark.parametrize(("value", "reason"), VALUES.values(), ids=VALUES)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_a_value_that_cannot_be_sent_is_refused_with_its_place(value, reason, asked):
    reason = reason.replace("cannot be a trigger; for files, use content_digest", "cannot be sent as JSON")
    reason = reason.replace("give a digest of it", "send it in parts")
    assert asked({**GOOD, "body": {"a": [value]}}) == [f"body.a[0]: {reason}"]


@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_nothing_in_a_mapping_of_a_body_is_refused_since_pulumi_loses_it(asked):
    body = {"a": None, "b": [None, {"c": None}]}
    loses = "Pulumi loses a None in a mapping; leave this name out"
    assert asked({**GOOD, "body": body}) == [f"body.a: {loses}", f"body.b[1].c: {loses}"]


def test_nothing_in_a_list_of_a_body_and_in_a_mapping_of_triggers_is_good():
    assert refusals({**GOOD, "body": [None], "triggers": {"a": None}}) == []


@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_a_body_of_more_than_a_mib_is_refused(asked):
    too_large = ["x" * 600_000, "x" * 600_000]
    assert asked({**GOOD, "body": too_large}) == ["body: this is more than 1 MiB as JSON; send it in parts"]


@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_a_body_that_contains_itself_is_refused(asked):
    body = {}
    body["again"] = body
    (problem,) = asked({**GOOD, "body": body})
    assert problem.endswith(": this is nested deeper than 24 levels, or contains itself; send it in parts")


@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_triggers_follow_the_rules_of_a_publications(asked):
    triggers = [float("nan"), {"a": "\ud800"}]
    assert asked({**GOOD, "triggers": triggers}) == [f"triggers[0]: {NOT_FINITE}", f"triggers[1].a: {HALF}"]


RESULTS = "results: give a mapping of names to JSON pointers, such as {'id': '/data/id'}"
NAME = "write a name like those of variables, such as id"
POINTER = "write a JSON pointer, such as /data/id"


@pytest.mark.parametrize(
    ("results", "problems"),
    [
        ("/data/id", [RESULTS]),
        (["/data/id"], [RESULTS]),
        (5.0, [RESULTS]),
        ({"": "/data/id"}, [f"results.: {NAME}"]),
        ({"a b": "/data/id"}, [f"results.a b: {NAME}"]),
        ({"1st": "/data/id"}, [f"results.1st: {NAME}"]),
        ({"a\x1b[31mb": "/data/id"}, [f"results.ab: {NAME}"]),
        ({"\ud800": "/data/id"}, [f"results.: {NAME}"]),
        ({"id": "data/id"}, [f"results.id: {POINTER}"]),
        ({"id": "/data/~2"}, [f"results.id: {POINTER}"]),
        ({"id": "/\ud800"}, [f"results.id: {POINTER}"]),
        ({"id": 5.0}, [f"results.id: {POINTER}"]),
        ({"id": None}, [f"results.id: {POINTER}"]),
        ({"id": ["/data"]}, [f"results.id: {POINTER}"]),
        ({"id": f"/data/{SENTENCE}"}, [f"results.id: {OUTPUT}"]),
        ({"id": "x", "b c": "/x"}, [f"results.id: {POINTER}", f"results.b c: {NAME}"]),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_what_leads_to_no_result_is_refused(results, problems, asked):
    assert asked({**GOOD, "results": results}) == problems


@pytest.mark.parametrize("results", [None, {}, {"all": ""}, {"id": "/data/0/id", "größe": "/a~1b"}])
def test_good_results_pass(results):
    assert refusals({**GOOD, "results": results}) == []


@pytest.mark.parametrize("choice", ["", "Fail", "retry", SENTENCE, True, 5.0, ["fail"], {}])
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_what_is_to_follow_an_unknown_outcome_is_one_of_two(choice, asked):
    assert asked({**GOOD, "if_unknown": choice}) == ["if_unknown: write 'fail' or 'again'"]


@pytest.mark.parametrize("began", [True, 5.0, b"x", ["x"], {}, SENTENCE, "\ud800", "2026\n"], ids=ascii)
@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_what_names_no_attempt_is_refused(began, asked):
    assert asked({**GOOD, "assume_done": began}) == [
        "assume_done: paste what the error prints, the beginning of the attempt that was done"
    ]


@pytest.mark.parametrize("given_name", ["site_id", "job_id", "headers", "answer", "secret_body", "base_url"])
def test_an_input_that_does_not_exist_is_refused(given_name):
    assert refusals({**GOOD, given_name: SECRET}) == [f"{given_name}: there is no such input"]


@pytest.mark.parametrize("asked", [refusals, told_to_the_program])
def test_all_that_is_wrong_is_told_at_once(asked):
    news = {
        "path": "",
        "method": "GET",
        "body": 5.0,
        "results": 5.0,
        "if_unknown": "",
        "assume_done": 5.0,
        "config_namespace": "",
        "triggers": 5.0,
    }
    told = asked(news)
    assert [problem.partition(":")[0] for problem in told] == [*news]
    assert FORM in told


@pytest.mark.parametrize("option", [{"id": "910"}, {"urn": "urn:pulumi:x"}, {"import_": "910"}], ids=repr)
def test_options_that_would_send_nothing_are_refused(option):
    with pytest.raises(pulumi.RunError) as caught:
        ApiCall("tags", "sites", opts=pulumi.ResourceOptions(**option))
    (name,) = option
    assert str(caught.value) == (
        f"tags: ApiCall does not take the option {name!r}: the run would be green with nothing sent. Declare it "
        "without that option; `pulumi up` sends the request once."
    )


@pytest.mark.parametrize("name", [None, "", 5])
def test_a_call_without_a_good_name_is_refused(name):
    with pytest.raises(pulumi.RunError, match=r"^resource_name: give the call a name, such as 'warehouse'$"):
        ApiCall(name, "sites")


@pytest.mark.parametrize("words", [{"module": "acme"}, {"name": "Tags"}], ids=repr)
def test_a_subclass_with_a_type_of_its_own_is_refused(words):
    with pytest.raises(pulumi.RunError, match=r"^Tags: a subclass of ApiCall keeps its type in the state;"):
        type("Tags", (ApiCall,), {}, **words)


@pytest.mark.parametrize("value", [Unknown(), [Unknown()], {"a": [Unknown()]}])
def test_what_is_not_known_yet_is_passed_over(value):
    assert refusals({**GOOD, "path": Unknown(), "body": value, "triggers": value}) == []


NAMES = ["path", "method", "body", "results", "if_unknown", "assume_done", "triggers", "config_namespace", "other"]


@given(st.sampled_from(NAMES), BAD_WITH_SECRET)
def test_no_reason_repeats_a_value(name, value):
    assert all(SECRET not in reason for reason in refusals({**GOOD, name: value}))


@given(st.dictionaries(st.sampled_from(NAMES) | st.text(), ODD))
def test_nothing_raises_and_every_reason_is_one_printable_line(news):
    for reason in refusals({name: value for name, value in news.items() if not name.startswith("__")}):
        assert reason.isprintable()
        assert ": " in reason
