"""Publish the team's sites."""

import pulumi
from published_site import PublishedSite

for name, site_id in {"paris": 910, "lyon": 912}.items():
    pulumi.export(name, PublishedSite(name, site_id).job_url)
