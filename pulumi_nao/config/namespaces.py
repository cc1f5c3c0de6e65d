"""Configuration namespaces: one for each account, with environment variables of its own."""

from __future__ import annotations

import re

from pulumi_nao.values import holds_output

DEFAULT_NAMESPACE = "nao"
# What can be set, and what follows the prefix in the environment.
OF_AN_ACCOUNT = {"apiKey": "API_KEY", "baseUrl": "BASE_URL", "timeout": "TIMEOUT"}
OF_THE_RUN = {"concurrency": "CONCURRENCY", "requestsPerSecond": "REQUESTS_PER_SECOND"}  # in `nao` alone
VARIABLES = OF_AN_ACCOUNT | OF_THE_RUN

_FORM = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", re.ASCII)
_LONGEST = 64


def namespace_problem(namespace: object) -> str:
    """Say what makes a namespace unusable.

    The form leaves one namespace for each set of variables: capitals, dots and underscores would let two collide.
    """
    if not isinstance(namespace, str) or holds_output(namespace):
        return "write it as plain text, such as 'nao-eu'; an output is not known when the configuration is read"
    if len(namespace) > _LONGEST or not _FORM.fullmatch(namespace):
        return "use lower-case letters and digits, with single hyphens between them, such as 'nao-eu'"
    return ""


def environment_prefix(namespace: str) -> str:
    """What the environment variables of a namespace begin with: `NAO_`, `NAO_EU_`."""
    return namespace.upper().replace("-", "_") + "_"


def variable_of(namespace: str, key: str) -> str:
    return environment_prefix(namespace) + VARIABLES[key]


def setting_names(namespace: str) -> list[str]:
    return [f"{namespace}:{key}" for key in OF_AN_ACCOUNT] + [f"{DEFAULT_NAMESPACE}:{key}" for key in OF_THE_RUN]
