"""What a program declares with `ApiCall`; the engine's side is Pulumi's own stand-in, which keeps what it is told."""

import subprocess
import sys

import pulumi
import pytest
from google.protobuf import json_format

from pulumi_nao.values import digest_of
from tests.plugin_host.registration import registered

HEAD = """
import asyncio, json
import pulumi
from pulumi import Output, ResourceOptions
from pulumi_nao import ApiCall
token = Output.secret("hunter2-hunter2")
plain = Output.from_input("plain")
async def later(value):
    return value
class Tags(ApiCall):
    pass
class Warehouse(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("acme:index:Warehouse", name)
"""
TYPE = "pulumi-python:dynamic/nao:ApiCall"


def declared(statement):
    """The URN and the registration of the call that a statement declares."""
    return registered(HEAD + statement)


def properties(statement):
    return json_format.MessageToDict(declared(statement)[1].object)


def test_a_call_is_registered_with_what_was_given_and_no_more():
    _, request = declared("ApiCall('tags', 'sites/910/tags', 'PUT', {'rows': [1]}, ['t'], {'id': '/data/id'})")
    given = json_format.MessageToDict(request.object)
    del given["__provider"]
    assert given == {
        "path": "sites/910/tags",
        "method": "PUT",
        "body": {"rows": [1.0]},
        "triggers": ["t"],
        "results": {"id": "/data/id"},
        "if_unknown": "fail",
        "config_namespace": "nao",
        "_configuration": {"server": "", "names": []},
        "_secrets": {
            "path": False,
            "body": False,
            "digests": [digest_of("sites/910/tags"), digest_of({"rows": [1]})],
        },
    }


def test_an_additional_secret_output_makes_the_body_a_secret():
    opts = "ResourceOptions(additional_secret_outputs=['body'])"
    told = properties(f"ApiCall('tags', 'sites', body={{'a': 'x'}}, opts={opts})")
    assert told["_secrets"]["body"] is True


def test_a_coroutine_in_a_body_is_awaited_once_and_its_secret_counts():
    told = properties("ApiCall('tags', 'sites', body={'a': later(token)})")
    assert told["_secrets"]["body"] is True


def test_a_path_may_be_a_coroutine():
    told = properties("ApiCall('tags', later('sites'))")
    assert told["path"] == "sites"
    assert told["_secrets"]["digests"][0] == digest_of("sites")


@pytest.mark.parametrize("body", ["plain.apply(lambda _text: None)", "{'a': plain.apply(lambda _text: None)}"])
def test_an_output_that_is_none_ends_the_program_with_a_line(body):
    with pytest.raises(pulumi.RunError, match="None"):
        properties(f"ApiCall('tags', 'sites', body={body})")


@pytest.mark.parametrize(
    ("body", "is_secret"),
    [
        ("{'a': token}", True),
        ("{'a': [{'b': token}, plain]}", True),
        ("(token,)", True),
        ("Output.secret({'a': 1})", True),
        ("Output.concat('x', token).apply(lambda text: [text])", True),
        ("{'a': plain.apply(lambda _text: token)}", True),
        ("{'a': asyncio.ensure_future(later(token))}", True),
        ("{'a': plain}", False),
        ("{'a': later('x')}", False),
        ("{'a': Output.unsecret(token)}", False),
        ("{'a': 'x'}", False),
        ("{}", False),
        ("None", False),
    ],
)
def test_the_provider_is_told_whether_the_body_is_a_secret(body, is_secret):
    told = properties(f"ApiCall('tags', 'sites', body={body})")["_secrets"]
    assert (told["path"], told["body"]) == (False, is_secret)


@pytest.mark.parametrize(
    ("path", "is_secret"), [("token", True), ("Output.unsecret(token)", False), ("plain", False), ("'sites'", False)]
)
def test_the_provider_is_told_whether_the_path_is_a_secret(path, is_secret):
    told = properties(f"ApiCall('tags', {path})")["_secrets"]
    assert (told["path"], told["body"]) == (is_secret, False)


def test_the_answer_is_a_secret_beside_those_that_the_program_names():
    _, request = declared(
        "ApiCall('tags', 'sites', opts=ResourceOptions(additional_secret_outputs=['message'], protect=True))"
    )
    assert sorted(request.additionalSecretOutputs) == ["answer", "message"]
    assert request.protect


@pytest.mark.parametrize(
    ("statement", "above"),
    [
        ("ApiCall('tags', 'sites')", ""),
        ("Tags('tags', 'sites')", ""),
        ("Tags('tags', 'sites', opts=ResourceOptions(parent=Warehouse('w')))", "acme:index:Warehouse$"),
    ],
    ids=["root", "subclass", "subclass in a component"],
)
def test_a_call_keeps_its_type_in_every_shape(statement, above):
    urn, _ = declared(statement)
    assert urn == f"urn:pulumi:stack::project::{above}{TYPE}::tags"


PROGRAM = """
import asyncio, pulumi
asyncio.set_event_loop(asyncio.new_event_loop())
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, {**args.inputs, "status": "success", "answer": {"id": "7"}}
    def call(self, args):
        return {}
pulumi.runtime.set_mocks(Mocks())
from pulumi_nao import ApiCall
@pulumi.runtime.test
def program():
    call = ApiCall("tags", "sites", body={"rows": ["1"]}, triggers=["t"], results={"id": "/data/id"})
    answer, missing = call.answer["id"], call.job_id
    told = pulumi.Output.all(call.path, call.method, call.body, call.triggers, call.status, answer, missing)
    return told.apply(print)
program()
"""


def test_a_test_of_a_program_reads_its_outputs():
    printed = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert printed.stdout == "['sites', 'POST', {'rows': ['1']}, ['t'], 'success', '7', None]\n"
    assert printed.stderr == ""


@pytest.mark.parametrize("found", ["{}", "None"])
def test_a_result_that_is_not_there_ends_the_program_with_a_line(found):
    program = PROGRAM.replace('{"id": "7"}', found)
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "pulumi.errors.RunError: tags: there is no 'id' in the output `answer`\n" in ended.stderr
    assert "KeyError" not in ended.stderr


def test_a_result_can_be_asked_for_without_ending_the_program():
    program = PROGRAM.replace('{"id": "7"}', "{}").replace(
        'call.answer["id"]', 'call.answer.apply(lambda a: a.get("id"))'
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "'success', None, None]" in printed.stdout
