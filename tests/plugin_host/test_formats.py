"""What stands in users' state and must stay as it is."""

import base64
import pickle
import subprocess
import sys

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_nao.provider import TrackingConfigPublicationProvider

SERIALISED = {
    4: "gASVQAAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjCFUcmFja2luZ0NvbmZpZ1B1YmxpY2F0aW9uUHJvdmlkZXKUk5QpgZQu",
    5: "gAWVQAAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjCFUcmFja2luZ0NvbmZpZ1B1YmxpY2F0aW9uUHJvdmlkZXKUk5QpgZQu",
}


def test_the_serialised_provider_is_the_recorded_one():
    assert serialize_provider(TrackingConfigPublicationProvider()) == SERIALISED[pickle.DEFAULT_PROTOCOL]


@pytest.mark.parametrize("protocol", [4, 5])
def test_each_recorded_form_loads(protocol):
    loaded = dill.loads(base64.b64decode(SERIALISED[protocol]))
    assert type(loaded) is TrackingConfigPublicationProvider


@pytest.mark.parametrize("protocol", [4, 5])
def test_each_protocol_writes_its_recorded_form(protocol):
    written = dill.dumps(TrackingConfigPublicationProvider(), protocol=protocol, recurse=True)
    assert base64.b64encode(written).decode() == SERIALISED[protocol]


PROGRAM = """
import asyncio, pulumi
asyncio.set_event_loop(asyncio.new_event_loop())
class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        print(args.typ)
        return args.name, {**args.inputs, "status": "success", "duration": 21}
    def call(self, args):
        return {}
pulumi.runtime.set_mocks(Mocks())
from pulumi_nao import TrackingConfigPublication
@pulumi.runtime.test
def program():
    site = TrackingConfigPublication("site", site_id=910)
    return pulumi.Output.all(site.site_id, site.status, site.duration, site.job_id).apply(print)
program()
"""


@pytest.fixture(scope="module")
def printed():
    return subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout


def test_the_type_token_is_the_recorded_one(printed):
    assert printed.splitlines()[0] == "pulumi-python:dynamic/nao:TrackingConfigPublication"


def test_a_site_is_a_whole_number_in_the_program_although_the_wire_has_none(printed):
    assert printed.splitlines()[1] == "[910, 'success', 21.0, None]"
