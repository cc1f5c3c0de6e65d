"""Asks the provider's `check`, offline, what is wrong with inputs and settings."""

from pulumi_nao.host.dynamic import DynamicHost
from tests.core import publications

GOOD = {"site_id": 910, "config_namespace": "nao"}


def refusals(news=None, config=None, environment=None):
    """Give the reasons of all `CheckFailure`s."""
    operations = publications.operations(config or {}, DynamicHost(), environment or {})
    _, problems = operations.check({}, GOOD if news is None else news)
    return problems
