"""Publish NAO Cloud tracking configurations with Pulumi.

`TrackingConfigPublication`, `ApiCall` and `content_digest` are for Pulumi programs. `NaoClient` and `wait` do the
same job without Pulumi. Names are imported when first used: a program needs neither requests nor pydantic, the
command line no Pulumi.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pulumi_nao._version import __version__

if TYPE_CHECKING:
    from pulumi_nao.cloud.client import NaoClient
    from pulumi_nao.errors import NaoError
    from pulumi_nao.jobs import wait
    from pulumi_nao.models import Action, Done, Job, JobState
    from pulumi_nao.program.api_call import ApiCall
    from pulumi_nao.program.digest import content_digest
    from pulumi_nao.program.publication import TrackingConfigPublication

__all__ = [
    "Action",
    "ApiCall",
    "Done",
    "Job",
    "JobState",
    "NaoClient",
    "NaoError",
    "TrackingConfigPublication",
    "__version__",
    "content_digest",
    "wait",
]

_ON_DEMAND = {
    "Action": "models",
    "ApiCall": "program.api_call",
    "Done": "models",
    "Job": "models",
    "JobState": "models",
    "NaoClient": "cloud.client",
    "NaoError": "errors",
    "TrackingConfigPublication": "program.publication",
    "content_digest": "program.digest",
    "wait": "jobs",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the module's attributes are of many types
    """Import what holds a name when that is first used."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ON_DEMAND[name]}"), name)
