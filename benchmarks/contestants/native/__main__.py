"""One publication a site, by the native plugin, in the language of the others: only the surface differs."""

import os
from typing import Any

import pulumi

_OUTPUTS = (
    "baseUrl",
    "jobId",
    "jobUrl",
    "hasFinished",
    "status",
    "message",
    "startedAt",
    "finishedAt",
    "duration",
)


class TrackingConfigPublication(pulumi.CustomResource):
    """As a generated SDK declares it: inputs, and the outputs to come."""

    def __init__(self, name: str, site_id: int, triggers: dict[str, Any]) -> None:
        properties = {"siteId": site_id, "triggers": triggers, **dict.fromkeys(_OUTPUTS)}
        super().__init__("nao:index:TrackingConfigPublication", name, properties)


for site in range(1, int(os.environ["SITES"]) + 1):
    TrackingConfigPublication(f"site-{site}", site_id=site, triggers={"zones": "a"})
