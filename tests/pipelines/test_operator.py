"""The stack for the Pulumi Kubernetes Operator; no cluster is needed to read it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.pipelines.steps import PIPELINES

SCHEMA = PIPELINES.parent / "tools" / "pipelines" / "operator-stack.schema.json"
STACK = PIPELINES / "pulumi-operator" / "stack.yaml"


def _check(file):
    command = [Path(sys.executable).parent / "check-jsonschema", "--schemafile", SCHEMA, file]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_key_comes_from_a_secret_of_the_cluster():
    given = yaml.safe_load(STACK.read_text())["spec"]["envRefs"]
    assert {name: entry["type"] for name, entry in given.items()} == {
        "PULUMI_ACCESS_TOKEN": "Secret",
        "NAO_API_KEY": "Secret",
        "NAO_TIMEOUT": "Literal",
    }


def test_tries_after_a_failure_are_an_hour_apart_at_most_and_a_published_commit_is_done():
    spec = yaml.safe_load(STACK.read_text())["spec"]
    assert spec["retryMaxBackoffDurationSeconds"] == 3600
    assert spec["continueResyncOnCommitMatch"] is False
    assert spec["retryOnUpdateConflict"] is False


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("prerequisites", 0, "requirement", "succeededWithinDuration"), "a day"),
        (("retryMaxBackoffDuration",), 3600),
        (("envRefs", "NAO_API_KEY", "secret", "key"), None),
        (("resyncFrequencySeconds",), "300"),
    ],
)
def test_the_schema_notices_what_the_operator_would_not_take(path, value, tmp_path):
    stack = yaml.safe_load(STACK.read_text())
    place = stack["spec"]
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    file = tmp_path / "stack.json"
    file.write_text(json.dumps(stack))
    assert _check(file).returncode == 1
    assert _check(STACK).returncode == 0
