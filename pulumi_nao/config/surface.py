"""What the surfaces call what their users write: programs in Python, and all others through the native plugin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pulumi_nao.values import TRIGGERS, Rules

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Surface:
    limits: str  # the option that limits the time of one operation
    settings: str  # what a setting is called, before its name
    setting_name: str
    places: str  # where a setting is looked for before the environment
    command: str  # sets a setting there
    triggers: Rules
    in_camel_case: bool = False

    def setting(self, namespace: str, key: str) -> str:
        return f"{self.settings} {self.setting_name.format(namespace=namespace, key=key)}"

    def name(self, name: str) -> str:
        """What an input, an output or a setting of the core is called."""
        first, *rest = name.split("_")
        return first + "".join(map(str.capitalize, rest)) if self.in_camel_case else name


PYTHON = Surface(
    limits="custom_timeouts",
    settings="configuration",
    setting_name="{namespace}:{key}",
    places="Pulumi's configuration ({namespace}:{key})",
    command="`pulumi config set {options}{namespace}:{key}{value}`",
    triggers=TRIGGERS,
)

NATIVE = Surface(
    limits="customTimeouts",
    settings="provider setting",
    setting_name="{key}",
    places="the provider's {key} (without an explicit provider, {namespace}:{key} of Pulumi's configuration)",
    command="`pulumi config set {options}{namespace}:{key}{value}`, or as {key} of an explicit provider",
    triggers=replace(
        TRIGGERS,
        example="give a mapping or a list, such as one with the digests of files",
        other_type="cannot be a trigger; for files, give their text or a digest of it",
        output_in_text="this text was made from an output, and does not hold its value; give the output itself, "
        "or combine it as your language does: pulumi.interpolate, pulumi.Sprintf, apply",
    ),
    in_camel_case=True,
)


def core_names(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of either surface under the core's names: an alias brings one of the other."""
    return {
        re.sub("(?<=[a-z])[A-Z]", lambda capital: f"_{capital[0].lower()}", name): record[name] for name in record
    }
