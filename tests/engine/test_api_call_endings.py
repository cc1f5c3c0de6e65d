"""How a call ends, and what the next commands make of it: one stack with a call for each way, and one story."""

import json
import math
import re

import pytest

from pulumi_nao.simulator import Answer, HangUp
from tests.conftest import simulated
from tests.engine.stack import Stack
from tests.engine.story import UP, Story

PROGRAM = """
import json, os
from pathlib import Path
import pulumi
from pulumi_nao import ApiCall

for name, inputs in json.loads(Path("calls.json").read_text()).items():
    if "token" in inputs:
        token = os.environ[inputs.pop("token")]  # of a secret in the configuration the engine itself takes care
        inputs["body"] = {"token": pulumi.Output.secret(token) if inputs.pop("is_secret", True) else token}
    ApiCall(
        name,
        f"sites/{inputs.pop('site', 910)}/{inputs.pop('path', name)}",
        opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create=inputs.pop("limit", None))),
        **inputs,
    )
"""
TOKEN = "t0ken-0123456789-of-a-body"
FORMER = "f0rmer-0123456789-token"  # a secret until the program says otherwise
SITE_OF_GONE = 912


class Told:
    """The story and its steps."""

    def __init__(self, stack):
        self.nao = stack.nao
        self.story = Story(stack)
        self.calls = {
            "page": {},
            "assumed": {"body": {"rows": 1}},
            "changed": {"body": {"rows": 1}},
            "moved": {"body": {"rows": 1}},
            "refused": {"body": {"rows": 1}},
            "failing": {"body": {"rows": 1}},
            "unseen": {"body": {"rows": 1}, "limit": "1s"},
            "gone": {"site": SITE_OF_GONE},
            "secret-refused": {"token": "TOKEN"},
            "secret-failing": {"token": "TOKEN"},
            "secret-unseen": {"token": "FORMER", "limit": "1s"},
        }
        stack.environment |= {"TOKEN": TOKEN, "FORMER": FORMER}
        stack.program(PROGRAM)
        self._break_down()
        self.broken = self._play()
        self.calls["moved"]["path"] = "moved-on"
        self.calls["assumed"]["assume_done"] = _pasted(self.broken, "assumed")
        self.previewed = self._play("preview")
        key = stack.environment.pop("NAO_API_KEY")
        self.keyless = self._play()
        stack.environment["NAO_API_KEY"] = key
        self._mend()
        self.refreshed = self._play("refresh", "--yes", "--skip-preview")
        self.calls["page"]["if_unknown"] = "again"
        self.calls["changed"]["body"] = {"rows": 2}
        self.calls["assumed"]["body"] = {"rows": 2}
        self.calls["secret-unseen"]["is_secret"] = False
        self.settled = self._play()
        self.after = self._play()
        self.export = stack.pulumi("stack", "export").output
        del stack.environment["NAO_API_KEY"]
        self.destroyed = self._play("destroy", "--yes", "--skip-preview")

    def _play(self, *command):
        (self.story.stack.folder / "calls.json").write_text(json.dumps(self.calls))
        return self.story.play(*(command or UP))

    def _break_down(self):
        self.nao.add_action("POST", "sites/910/page", Answer(200, body="<html>Down for maintenance</html>"))
        for name in ("assumed", "changed", "moved"):
            self.nao.add_action("POST", f"sites/910/{name}")
            self.nao.script(f"POST sites/910/{name}", HangUp(after_effect=True))
        self.nao.add_action("POST", "sites/910/refused", _refusal)
        self.nao.add_action("POST", "sites/910/failing", failure="Column name is missing.")
        self.nao.add_action("POST", "sites/910/unseen", job_seconds=math.inf)
        self.nao.add_action("POST", f"sites/{SITE_OF_GONE}/gone")
        self.nao.script("job", Answer(404), site=SITE_OF_GONE, times=None)
        self.nao.add_action("POST", "sites/910/secret-refused", _refusal)
        self.nao.add_action("POST", "sites/910/secret-failing", failure=_echo)
        self.nao.add_action("POST", "sites/910/secret-unseen", job_seconds=math.inf)

    def _mend(self):
        for name, message in (("unseen", "Column name is missing."), ("secret-unseen", f"{FORMER} is bad.")):
            job_url = self.broken.recorded[name]["job_url"]
            self.nao.finish_job(job_url.rpartition("/")[2], status="failure", message=message)
        for name in ("page", "moved-on", "refused", "failing", "unseen", "secret-unseen"):
            self.nao.add_action("POST", f"sites/910/{name}")
        self.nao.script("POST sites/910/assumed", HangUp(after_effect=True))


def _echo(body):
    return f"{body['token']} is bad."


def _refusal(body):
    (value,) = body.values()
    return Answer(422, body={"errors": [{"title": "Not valid", "detail": f"{value} is bad."}]})


def _pasted(step, name):
    return re.search(r'assume_done="(.+)"', "\n".join(step.run.diagnostics(name)))[1]


@pytest.fixture(scope="module")
def told(tmp_path_factory, engine_path, empty_project):
    with simulated() as nao:
        return Told(Stack(tmp_path_factory.mktemp("endings"), engine_path, nao, empty_project))


def test_each_way_to_end_is_recorded(told):
    assert _how_recorded(told.broken) == {
        "page": ("unknown", False),
        "assumed": ("unknown", False),
        "changed": ("unknown", False),
        "moved": ("unknown", False),
        "failing": ("failure", True),
        "unseen": ("In progress", True),
        "gone": ("unknown", False),
        "secret-failing": ("failure", True),
        "secret-unseen": ("In progress", True),
    }


def test_a_refusal_is_one_text_with_the_servers_words(told):
    assert _without_request_id(told.broken.run.diagnostics("refused")) == [
        "error: POST sites/910/refused refused by the server: 422 Unprocessable Entity",
        "The server's words: Not valid: 1 is bad.",
        "The next `pulumi up` tries again.",
    ]


def test_a_page_in_place_of_an_answer_may_have_started_and_the_error_says_what_can_be_done(told):
    error, *rest = _without_request_id(told.broken.run.diagnostics("page"))
    assert error.endswith("may have started: the 200 OK is neither empty nor JSON, perhaps a page of a proxy")
    assert rest == [
        "The request was sent, so a job may be running; NAO Cloud offers no way to look it up.",
        *_ways_on(told.broken.recorded["page"]["started_at"]),
        "error: resource init failed",
    ]


def test_no_ending_shows_a_traceback(told):
    assert "Traceback" not in told.story.output
    assert [
        name for name in told.broken.recorded if not told.broken.error(name).startswith("error: POST sites/")
    ] == []


def test_a_preview_sends_nothing_and_says_where_the_next_up_stops(told):
    assert (told.previewed.sent, told.previewed.looks) == ([], 0)
    assert told.previewed.run.diagnostics("page") == [
        f"warning: `pulumi up` will stop here: {_unknown(told, 'page')}"
    ]
    assert told.previewed.run.diagnostics("assumed") == []


def test_a_preview_says_that_a_call_whose_end_nobody_knows_is_replaced(told):
    assert told.previewed.run.diagnostics("moved") == [
        "warning: how POST sites/910/moved ended is not known; the replacement does not wait for it"
    ]


def test_the_next_up_stops_at_a_call_that_may_have_started_offline_and_without_a_key(told):
    assert (told.keyless.sent, told.keyless.looks) == ([], 0)
    ways_on = _ways_on(told.broken.recorded["page"]["started_at"])
    assert told.keyless.run.diagnostics("page") == [
        f"warning: `pulumi up` will stop here: {_unknown(told, 'page')}",
        f"error: {_unknown(told, 'page')}",
        f"It got no answer that tells. {ways_on[0]}",
        *ways_on[1:],
    ]
    assert told.keyless.recorded["page"] == told.broken.recorded["page"]


def test_a_job_whose_record_is_gone_is_named_by_the_next_up(told):
    job_url = told.broken.recorded["gone"]["job_url"]
    assert f"Its job {job_url} has no record any more. Look in NAO Cloud" in told.settled.run.output


def test_an_attempt_that_is_assumed_to_be_done_is_settled_without_a_key(told):
    assert told.keyless.run.diagnostics("assumed") == []
    assert told.keyless.recorded["assumed"]["status"] == "assumed"


def test_what_is_assumed_of_one_attempt_does_not_count_for_the_next(told):
    assert told.settled.times("POST sites/910/assumed") == 1
    assert told.settled.recorded["assumed"]["status"] == "unknown"
    assert told.after.times("POST sites/910/assumed") == 0
    assert told.after.error("assumed").startswith("error: POST sites/910/assumed not sent: nobody knows whether")
    assert told.after.recorded["assumed"]["status"] == "unknown"


def test_a_call_that_may_be_sent_again_is(told):
    assert told.settled.times("POST sites/910/page") == 1
    assert told.settled.recorded["page"]["status"] == "success"


def test_a_changed_body_is_sent_whatever_became_of_the_last_one(told):
    assert told.nao.actions("POST", "sites/910/changed") == [{"rows": 1}, {"rows": 2}]
    assert told.settled.recorded["changed"]["status"] == "success"


def test_a_replaced_call_is_sent_to_its_new_path_alone(told):
    assert told.settled.times("POST sites/910/moved-on") == 1
    assert told.settled.times("POST sites/910/moved") == 0


def test_a_failure_that_was_shown_is_followed_by_another_try(told):
    assert told.settled.times("POST sites/910/failing") == 1
    assert told.settled.recorded["failing"]["status"] == "success"


def test_a_refresh_sends_nothing_and_leaves_a_new_failure_to_the_next_up(told):
    assert told.refreshed.sent == []
    assert told.refreshed.recorded["unseen"]["status"] == "In progress"
    assert told.refreshed.run.diagnostics("unseen") == [
        "warning: POST sites/910/unseen failed: the next `pulumi up` tells why, and sends nothing"
    ]


def test_a_job_that_failed_while_nobody_looked_is_shown_before_anything_is_sent_again(told):
    assert told.settled.times("POST sites/910/unseen") == 0
    assert told.settled.error("unseen") == "error: POST sites/910/unseen failed: Column name is missing."
    assert told.settled.recorded["unseen"]["status"] == "failure"
    assert told.after.times("POST sites/910/unseen") == 1
    assert told.after.recorded["unseen"]["status"] == "success"


def test_what_is_done_is_not_sent_again(told):
    assert sorted(told.after.sent) == [
        f"POST sites/910/{name}" for name in ("secret-failing", "secret-refused", "secret-unseen", "unseen")
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secret-refused", "The server's words are withheld: they may repeat the body, which is a secret."),
        (
            "secret-failing",
            "error: POST sites/910/secret-failing failed: its message is withheld, as it may repeat the secret body",
        ),
    ],
)
def test_no_word_of_the_server_is_shown_that_may_repeat_a_secret_body(told, name, words):
    assert told.nao.count(f"POST sites/910/{name}") == 3
    assert words in told.broken.run.diagnostics(name)
    assert words in told.after.run.diagnostics(name)


def test_a_secret_body_stands_in_no_output_no_event_and_no_state(told, searched, inject):
    assert '"ciphertext"' in told.export
    searched(told.story.stack.folder.parent, told.story.output, told.export)
    inject(TOKEN)


@pytest.mark.parametrize("step", ["broken", "keyless", "refreshed", "after"])
def test_a_secret_body_stays_encrypted_in_the_state(told, step):
    recorded = getattr(told, step).recorded["secret-failing"]
    assert "ciphertext" in recorded["body"]["token"]
    assert recorded["message"] == "withheld, as it may repeat the secret body"


def test_a_body_that_was_a_secret_when_it_was_sent_stays_one_on_resume(told):
    assert FORMER not in told.story.output
    recorded = told.settled.recorded["secret-unseen"]
    assert recorded["body"] == {"token": FORMER}
    assert recorded["message"] == "withheld, as it may repeat the secret body"


def test_a_destroy_forgets_without_a_key_and_without_a_request(told):
    assert told.destroyed.run.green
    assert (told.destroyed.sent, told.destroyed.looks) == ([], 0)
    assert told.destroyed.recorded == {}


def _how_recorded(step):
    return {name: (outputs["status"], "job_id" in outputs) for name, outputs in step.recorded.items()}


def _unknown(told, name):
    began = told.broken.recorded[name]["started_at"]
    return f"POST sites/910/{name} not sent: nobody knows whether the attempt of {began} was successful"


def _ways_on(began):
    return [
        "Look in NAO Cloud whether it was done. If it was, say so of this attempt, in the program:",
        f'assume_done="{began}"',
        "If it was not, or if doing it twice does no harm:",
        'if_unknown="again"',
        "A changed body or changed triggers are sent as well.",
        "The next `pulumi up` stops here until one of these is in the program.",
    ]


def _without_request_id(lines):
    return [line for line in lines if not line.startswith("Request id for the vendor's support: ")]
