"""Publish the site that was ordered, once for each order."""

import pulumi

from pulumi_nao import TrackingConfigPublication

config = pulumi.Config()

publication = TrackingConfigPublication(
    "site", site_id=config.require_int("siteId"), triggers={"order": config.require("order")}
)

pulumi.export("job", publication.job_url)
