"""What stands in users' state and must stay as it is."""

import base64
import pickle
import subprocess
import sys

import dill
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_nao.provider import ApiCallProvider, TrackingConfigPublicationProvider

# By class and by the protocol of pickle, which the SDK leaves to Python.
SERIALISED = [
    (
        TrackingConfigPublicationProvider,
        4,
        "gASVQAAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjCFUcmFja2luZ0NvbmZpZ1B1YmxpY2F0aW9uUHJvdmlkZXKUk5QpgZQu",
    ),
    (
        TrackingConfigPublicationProvider,
        5,
        "gAWVQAAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjCFUcmFja2luZ0NvbmZpZ1B1YmxpY2F0aW9uUHJvdmlkZXKUk5QpgZQu",
    ),
    (ApiCallProvider, 4, "gASVLgAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjA9BcGlDYWxsUHJvdmlkZXKUk5QpgZQu"),
    (ApiCallProvider, 5, "gAWVLgAAAAAAAACME3B1bHVtaV9uYW8ucHJvdmlkZXKUjA9BcGlDYWxsUHJvdmlkZXKUk5QpgZQu"),
]


@pytest.mark.parametrize("provider", [TrackingConfigPublicationProvider, ApiCallProvider])
def test_the_serialised_provider_is_the_recorded_one(provider):
    assert (provider, pickle.DEFAULT_PROTOCOL, serialize_provider(provider())) in SERIALISED


@pytest.mark.parametrize(("provider", "_protocol", "form"), SERIALISED)
def test_each_recorded_form_loads(provider, _protocol, form):
    assert type(dill.loads(base64.b64decode(form))) is provider


@pytest.mark.parametrize(("provider", "protocol", "form"), SERIALISED)
def test_each_protocol_writes_its_recorded_form(provider, protocol, form):
    written = dill.dumps(provider(), protocol=protocol, recurse=True)
    assert base64.b64encode(written).decode() == form


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
