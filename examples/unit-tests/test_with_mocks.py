"""What the program declares: no engine, no server, milliseconds."""

from __future__ import annotations

import pulumi
import pytest
from pulumi.runtime import Mocks, set_mocks
from sites import publish_sites


class NaoMocks(Mocks):
    """Answers for the engine: every publication has job 1."""

    def new_resource(self, args):
        return f"{args.name}-id", {**args.inputs, "job_id": "1"}

    def call(self, args):
        raise AssertionError(f"no call was expected: {args.token}")


@pytest.fixture(autouse=True)
def _mocks():
    set_mocks(NaoMocks())


@pulumi.runtime.test
def test_every_listed_site_is_published():
    publications = publish_sites("sites.json")

    def check(numbers):
        assert numbers == [910, 912]

    return pulumi.Output.all(*(p.site_id for p in publications.values())).apply(check)


@pulumi.runtime.test
def test_the_list_itself_is_a_trigger():
    def check(triggers):
        assert list(triggers) == ["sites"]

    return publish_sites("sites.json")["paris"].triggers.apply(check)
