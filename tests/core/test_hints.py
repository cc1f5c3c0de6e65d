"""What a program is told once a run. Monitor and log of the run are stand-ins here; the engine tier has both."""

import os

import pulumi
import pytest
from pulumi.runtime.config import CONFIG, get_config
from pulumi.runtime.settings import SETTINGS

from pulumi_nao.config.settings import Settings
from pulumi_nao.program import hints

pytestmark = pytest.mark.disable_socket


class Monitor:
    """Stands for a run's connection to the engine."""


@pytest.fixture
def told(monkeypatch):
    """What this run was told so far; `told.clear()` forgets it."""
    lines = []
    monkeypatch.setattr(pulumi.log, "warn", lines.append)
    monkeypatch.setattr(pulumi.log, "info", lines.append)
    monkeypatch.setenv("NAO_API_KEY", "k-0123456789")
    return lines


@pytest.fixture
def begin(monkeypatch):
    """Begin a run."""

    def begin(parallel=None, config=None, *, preview=False):
        monitor = Monitor()
        monkeypatch.setattr(hints, "get_monitor", lambda: monitor)
        monkeypatch.setattr(SETTINGS, "parallel", parallel)
        monkeypatch.setattr(SETTINGS, "dry_run", preview)
        reset.append(CONFIG.set(config or {}))

    reset = []
    yield begin
    for token in reversed(reset):
        CONFIG.reset(token)


def declare(publications, namespace="nao"):
    for _ in range(publications):
        hints.give(namespace, Settings(get_config, os.environ))


BASE_URL = "configuration nao:baseURL: there is no such setting, so it is ignored; write nao:baseUrl"
API_KEY = "environment variable NAO_APIKEY: there is no such setting, so it is ignored; write NAO_API_KEY"


@pytest.mark.parametrize("preview", [True, False], ids=["preview", "up"])
def test_misspelt_settings_are_told_once_without_their_values(begin, told, monkeypatch, preview):
    monkeypatch.setenv("NAO_APIKEY", "hunter2!")
    begin(config={"nao:baseURL": "hunter2!", "aws:region": "eu-west-3"}, preview=preview)
    declare(3)
    assert told == [BASE_URL, API_KEY]


def test_every_run_of_a_process_is_told(begin, told):
    for _ in range(2):
        begin(config={"nao:baseURL": "x"})
        declare(2)
    assert told == [BASE_URL, BASE_URL]


def test_each_namespace_in_use_is_looked_through_and_no_other(begin, told):
    begin(config={"nao-eu:apikey": "x", "nao-us:apikey": "x", "nao:concurency": "8"})
    declare(2, "nao-eu")
    assert [line.split(":", 2)[1].split(";")[0] for line in told if "configuration" in line] == [
        "concurency",
        "apikey",
    ]


def test_the_projects_own_keys_are_not_told_where_the_project_is_called_as_the_namespace(begin, told, monkeypatch):
    monkeypatch.setattr(SETTINGS, "project", "nao")
    begin(config={"nao:sites": "[910]", "nao:baseURL": "x"})
    declare(1)
    assert told == [BASE_URL]


def test_keys_of_a_package_whose_name_is_used_as_a_namespace_are_not_told(begin, told):
    begin(config={"aws:region": "x", "aws:apikey": "x"})
    declare(1, "aws")
    assert told == ["configuration aws:apikey: there is no such setting, so it is ignored; write aws:apiKey"]


def test_a_variable_that_is_empty_counts_as_not_set(begin, told, monkeypatch):
    monkeypatch.setenv("NAO_BASEURL", "")
    begin()
    declare(1)
    assert told == []


def test_settings_in_the_environment_of_the_process_are_looked_through_too(begin, told, monkeypatch):
    monkeypatch.setenv("PULUMI_CONFIG", '{"nao:baseURL": "x"}')
    begin()
    declare(1)
    assert told == [BASE_URL]


@pytest.mark.parametrize("config", ["[", "null", "5"])
def test_a_configuration_that_cannot_be_listed_is_no_defect(begin, told, monkeypatch, config):
    monkeypatch.setenv("PULUMI_CONFIG", config)
    begin(config={"nao:apiKey": "k-0123456789", "nao:concurrency": "4"})
    declare(1)
    assert told == []


def test_a_preview_without_a_key_is_told_so_once_for_each_account(begin, told, monkeypatch):
    monkeypatch.delenv("NAO_API_KEY")
    begin(preview=True)
    declare(2)
    declare(2, "nao-eu")
    assert [line.rpartition(" or set ")[2] for line in told] == [
        "NAO_API_KEY in the environment.",
        "NAO_EU_API_KEY in the environment.",
    ]


def test_an_up_without_a_key_is_told_nothing_before_it_fails(begin, told, monkeypatch):
    monkeypatch.delenv("NAO_API_KEY")
    begin()
    declare(1)
    assert told == []


MANY = (
    "more than 32 publications and calls are declared, and no more than 8 run at a time: all of them take more than "
)
RAISE = MANY + "4 times as long as one; PULUMI_PARALLEL=256 lets that many run"


@pytest.mark.parametrize(("publications", "lines"), [(32, []), (33, [RAISE]), (500, [RAISE])])
def test_many_more_publications_than_run_at_a_time_are_told_once(begin, told, publications, lines):
    begin(parallel=8)
    declare(publications)
    assert told == lines


def test_every_run_with_many_publications_is_told(begin, told):
    for _ in range(2):
        begin(parallel=8)
        declare(40)
    assert told == [RAISE, RAISE]


@pytest.mark.parametrize("parallel", [1, 2, 5])
def test_twenty_publications_are_few_however_few_run_at_a_time(begin, told, parallel):
    begin(parallel)
    declare(20)
    assert told == []


def test_a_run_of_one_at_a_time_is_told_how_long_it_takes(begin, told):
    begin(parallel=1)
    declare(21)
    assert told == [RAISE.replace("32", "20").replace("8 run", "1 run").replace("4 times", "20 times")]


@pytest.mark.parametrize("parallel", [256, 512])
def test_a_run_of_as_many_as_help_is_told_nothing(begin, told, parallel):
    begin(parallel)
    declare(3000)
    assert told == []


@pytest.mark.parametrize("parallel", [None, 0])
def test_a_run_of_which_nobody_says_how_many_run_at_a_time_is_told_nothing(begin, told, parallel):
    begin(parallel, {"nao:concurrency": "8"})
    declare(3000)
    assert told == []


LIMITS = {
    "in the configuration": ({"nao:concurrency": "8"}, "", "nao:concurrency"),
    "in the environment": ({}, "8", "NAO_CONCURRENCY"),
    "in both": ({"nao:concurrency": " 8 "}, "2", "nao:concurrency"),
}


@pytest.mark.parametrize(("config", "variable", "name"), LIMITS.values(), ids=LIMITS)
def test_a_lower_limit_of_publications_is_what_can_be_raised(begin, told, monkeypatch, config, variable, name):
    monkeypatch.setenv("NAO_CONCURRENCY", variable)
    begin(parallel=256, config=config)
    declare(40)
    assert told == [f"{MANY}4 times as long as one; raise {name} to let more of them run"]


@pytest.mark.parametrize("concurrency", ["many", "", "0", "16", "٣", "9" * 5000])
def test_a_limit_that_does_not_bind_or_cannot_be_read_is_passed_over(begin, told, concurrency):
    begin(parallel=8, config={"nao:concurrency": concurrency})
    declare(40)
    assert told == [RAISE]
