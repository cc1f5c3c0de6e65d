"""The reference names everything that there is."""

import inspect
import re
from pathlib import Path

import pytest

from pulumi_nao import ApiCall, TrackingConfigPublication, errors
from pulumi_nao.config.namespaces import OF_AN_ACCOUNT, OF_THE_RUN

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "sdk-docs" / "reference"
SUMMARIES = {"NaoError", "JobError", "JobRunsOn"}
RESOURCES = pytest.mark.parametrize(
    ("page", "resource"), [("resource.md", TrackingConfigPublication), ("api-call.md", ApiCall)]
)


def read(name):
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_error_that_ends_a_publication_has_a_row_with_cause_and_remedy():
    ending = {
        name
        for name, found in vars(errors).items()
        if inspect.isclass(found)
        and issubclass(found, errors.NaoError)
        and not issubclass(found, errors.PollFailed)
        and name not in SUMMARIES
    }
    rows = re.findall(
        r"^\|.*\{any\}`(\w+) <pulumi_nao\.errors\.\1>` \|[^|]+\|[^|]+\|$", read("errors.md"), re.MULTILINE
    )
    assert set(rows) == ending


@RESOURCES
def test_every_output_has_a_row(page, resource):
    ours = [kind for kind in resource.__mro__ if kind.__module__.startswith("pulumi_nao")]
    outputs = {name for kind in ours for name, value in vars(kind).items() if isinstance(value, property)}
    assert "job_url" in outputs
    table = read(page).partition("## Outputs")[2].partition("##")[0]
    assert {name for name in outputs if f"`{name}`" in table} == outputs


@RESOURCES
def test_every_input_has_a_row(page, resource):
    inputs = [*inspect.signature(resource.__init__).parameters][2:]
    table = read(page).partition("## Inputs")[2].partition("##")[0]
    assert re.findall(r"^\| `([\w]+)", table, re.MULTILINE) == inputs


@pytest.mark.parametrize("page", [ROOT / "README.md", REFERENCE / "configuration.md"], ids=lambda page: page.name)
def test_every_setting_is_listed_with_its_variable(page):
    settings = (OF_AN_ACCOUNT | OF_THE_RUN).items()
    text = page.read_text(encoding="utf-8")
    assert {s for s in settings if f"`nao:{s[0]}`" in text and f"`NAO_{s[1]}`" in text} == settings
