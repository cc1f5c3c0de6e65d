"""A provider that does not see the program's configuration gives the key to nobody."""

import pulumi
import pytest

from pulumi_nao import TrackingConfigPublication
from pulumi_nao.config.settings import Settings
from pulumi_nao.host.dynamic import DynamicHost
from tests.core import publications

PRIVATE = "https://nao.example.com"
OTHER = "https://other.example.com"
PUBLIC = "https://www.nao-cloud.com"
RECORDED = {"site_id": 910, "config_namespace": "nao", "base_url": PRIVATE}

HIDES = (
    "an explicit provider of the package pulumi-python hides Pulumi's configuration, which sets {names}. Leave "
    "that provider out (the option `provider`, or `providers` of a parent), or move the settings into the "
    "environment: {variables}."
)
LOST = (
    "publications of this stack are recorded on another server than https://www.nao-cloud.com, and none is "
    "configured; set it with `pulumi config set nao:baseUrl URL`, so that the key goes to no other. Where it is set, "
    "an explicit provider of pulumi-python hides it"
)


def _check(seen, *, olds=None, config=None, environment=None, namespace="nao"):
    operations = publications.operations(config or {}, DynamicHost(), environment or {})
    news = {"site_id": 910, "config_namespace": namespace, "_configuration": seen}
    return operations.check(olds or {}, news)


@pytest.mark.parametrize(
    ("names", "namespace", "variables"),
    [
        (["nao:apiKey"], "nao", "NAO_API_KEY"),
        (["nao:apiKey", "nao:baseUrl"], "nao", "NAO_API_KEY, NAO_BASE_URL"),
        (["nao-eu:timeout"], "nao-eu", "NAO_EU_TIMEOUT"),
        (["nao:requestsPerSecond"], "nao", "NAO_REQUESTS_PER_SECOND"),
    ],
)
def test_settings_that_the_provider_does_not_see_are_named(names, namespace, variables):
    environment = {"NAO_EU_BASE_URL": PRIVATE}
    _, problems = _check({"server": "", "names": names}, namespace=namespace, environment=environment)
    assert problems == [HIDES.format(names=", ".join(names), variables=variables)]


def test_another_server_than_the_programs_is_refused():
    seen = {"server": PRIVATE, "names": []}
    _, problems = _check(seen, environment={"NAO_BASE_URL": OTHER})
    words = f"the program is configured for the server {PRIVATE}, and its provider for {OTHER}"
    assert problems == [f"{words}; set NAO_BASE_URL to the same value for both"]


def test_the_programs_server_and_none_for_the_provider_is_refused():
    _, problems = _check({"server": PRIVATE, "names": []}, olds=RECORDED)
    assert "and its provider for none" in problems[0]


def test_a_server_of_the_providers_own_is_used_where_the_program_states_none():
    inputs, problems = _check({"server": "", "names": []}, config={"nao:baseUrl": PRIVATE, "nao:apiKey": "k" * 20})
    assert (inputs["base_url"], problems) == (PRIVATE, [])


def test_the_recorded_server_is_used_where_the_program_states_none_any_more():
    inputs, problems = _check({"server": "", "names": []}, olds=RECORDED)
    assert (inputs["base_url"], problems) == (PRIVATE, [])


def test_nothing_is_guessed_where_nobody_knows_what_the_program_sees():
    _, problems = _check(None, olds=RECORDED)
    assert problems == [LOST]


def test_the_public_server_needs_no_word_of_the_program():
    inputs, problems = _check(None, olds={**RECORDED, "base_url": PUBLIC})
    assert (inputs["base_url"], problems) == (PUBLIC, [])


def test_what_the_program_sees_is_not_recorded():
    inputs, _ = _check({"server": PRIVATE, "names": ["nao:baseUrl"]}, config={"nao:baseUrl": PRIVATE})
    assert inputs == RECORDED


@pytest.mark.parametrize(
    ("config", "environment", "seen"),
    [
        ({}, {}, {"server": "", "names": []}),
        ({}, {"NAO_BASE_URL": PRIVATE + "/"}, {"server": PRIVATE, "names": []}),
        ({"nao:baseUrl": PRIVATE}, {"NAO_BASE_URL": OTHER}, {"server": PRIVATE, "names": ["nao:baseUrl"]}),
        ({"nao:baseUrl": "nonsense"}, {}, {"server": "(malformed)", "names": ["nao:baseUrl"]}),
        ({"nao:apiKey": "k" * 20, "nao:timeout": "5m"}, {}, {"server": "", "names": ["nao:apiKey", "nao:timeout"]}),
        ({"nao-eu:apiKey": "k" * 20, "nao:concurrency": "5"}, {}, {"server": "", "names": ["nao:concurrency"]}),
    ],
)
def test_a_program_tells_what_it_sees_without_the_key(config, environment, seen):
    assert Settings(config.get, environment).seen("nao") == seen


def test_another_account_that_states_no_server_leaves_it_to_its_provider():
    assert Settings({}.get, {}).seen("nao-eu") == {"server": "", "names": []}


class _Provider:
    package = "pulumi-python"


def test_the_program_is_refused_at_once_where_it_gives_a_provider(monkeypatch):
    monkeypatch.setattr("pulumi_nao.program.resource.get_config", {"nao:apiKey": "k" * 20}.get)
    monkeypatch.setattr("pulumi_nao.program.resource._check_key", lambda _namespace: None)
    monkeypatch.setattr("pulumi_nao.program.resource.hints.give", lambda _namespace: None)
    monkeypatch.setattr("pulumi.Resource._get_providers", lambda *_arguments: (_Provider(), {}))
    with pytest.raises(pulumi.RunError) as caught:
        TrackingConfigPublication("warehouse", 910)
    assert str(caught.value) == f"warehouse: {HIDES.format(names='nao:apiKey', variables='NAO_API_KEY')}"
