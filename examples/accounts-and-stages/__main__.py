"""Publish the sites of this stage, each with the key of its own account."""

import pulumi

from pulumi_nao import TrackingConfigPublication, content_digest

sites: dict[str, list[int]] = pulumi.Config().require_object("sites")

for account, numbers in sites.items():
    for number in numbers:
        TrackingConfigPublication(
            f"{account}-{number}",
            site_id=number,
            config_namespace=account,
            triggers={"zones": content_digest("zones.json")},
        )
