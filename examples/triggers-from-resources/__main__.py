"""Edit a site's configuration with resources, and publish after they have changed."""

import pulumi
from edits import ConfigurationEdit

from pulumi_nao import TrackingConfigPublication

config = pulumi.Config()

alerts = ConfigurationEdit("alerts", "alerts.json", {"quiet_hours": config.get("quietHours") or "22-06"})
zones = ConfigurationEdit("zones", "zones.json", {"zones": ["Loading bay", "Cold store"]})

publication = TrackingConfigPublication(
    "site",
    site_id=config.get_int("siteId") or 910,
    triggers={"alerts": alerts.revision, "zones": zones.revision},
)

pulumi.export("job", publication.job_url)
