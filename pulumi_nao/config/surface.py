"""What the surfaces call what their users write: programs in Python, and all others through the native plugin."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pulumi_nao.values import TRIGGERS, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Surface:
    """The words of one surface.

    Attributes:
        limits: The option that limits the time of one operation.
        setting: A setting, by its namespace and key.
        places: Where a setting is looked for before the environment.
        command: How a setting is set there; ends with its value.
        triggers: What is said of triggers.
        names: Inputs and outputs that are written otherwise than in the core.
    """

    limits: str
    setting: str
    places: str
    command: str
    triggers: Rules
    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, name: str) -> str:
        """What an input or output of the core is called."""
        return self.names.get(name, name)


PYTHON = Surface(
    limits="custom_timeouts",
    setting="configuration {namespace}:{key}",
    places="Pulumi's configuration ({namespace}:{key})",
    command="`pulumi config set {options}{namespace}:{key}{value}`",
    triggers=TRIGGERS,
)

NATIVE = Surface(
    limits="customTimeouts",
    setting="the provider's {key}",
    places="the provider's {key} (without an explicit provider, {namespace}:{key} of Pulumi's configuration)",
    command="`pulumi config set {options}{namespace}:{key}{value}`, or as {key} of an explicit provider",
    triggers=replace(
        TRIGGERS,
        example="give a mapping or a list, such as one with the digests of files",
        other_type="cannot be a trigger; for files, give their text or a digest of it",
        output_in_text="this text was made from an output, and does not hold its value; give the output itself, "
        "or combine it as your language does: pulumi.interpolate, pulumi.Sprintf, apply",
    ),
    names={
        "site_id": "siteId",
        "base_url": "baseUrl",
        "job_id": "jobId",
        "job_url": "jobUrl",
        "has_finished": "hasFinished",
        "started_at": "startedAt",
        "finished_at": "finishedAt",
    },
)
