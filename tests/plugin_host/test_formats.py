"""What stands in users' state and must stay as it is."""

import asyncio
import base64
import pickle

import dill
import pulumi
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from pulumi_nao import TrackingConfigPublication
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


@pytest.fixture
def _event_loop():
    """Pulumi's test runner wants one in the main thread, and another test may have closed it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.close()
    asyncio.set_event_loop(None)


@pytest.mark.usefixtures("_event_loop")
def test_the_type_token_is_the_recorded_one():
    seen = []

    class Mocks(pulumi.runtime.Mocks):
        def new_resource(self, args):
            seen.append(args.typ)
            return args.name, args.inputs

        def call(self, _args):
            return {}

    pulumi.runtime.set_mocks(Mocks())

    @pulumi.runtime.test
    def program():
        return TrackingConfigPublication("site", site_id=910).urn

    program()
    assert seen == ["pulumi-python:dynamic/nao:TrackingConfigPublication"]
