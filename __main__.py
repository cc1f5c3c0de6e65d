"""Publish one site, and again whenever a file of its tracking configuration changes."""

import pulumi

from pulumi_nao import TrackingConfigPublication, content_digest

publication = TrackingConfigPublication(
    "site",
    site_id=pulumi.Config().require_int("siteId"),
    triggers={"tracking-config": content_digest("examples/one-site/tracking-config/**/*.json")},
)

pulumi.export("job", publication.job_url)
pulumi.export("status", publication.status)
