"""Send a site's tags to NAO Cloud, and publish the site after that."""

import pulumi
from tags import read_tags

from pulumi_nao import ApiCall, TrackingConfigPublication

site = pulumi.Config().require_int("siteId")

tags = ApiCall(
    "tags",
    path=f"sites/{site}/nao_trackables/batch",
    method="PUT",
    body={"nao_trackables": read_tags()},
    if_unknown="again",  # the same list sent twice leaves the same tags
)
publication = TrackingConfigPublication("site", site_id=site, triggers={"tags": tags.started_at})

pulumi.export("sent", tags.started_at)
pulumi.export("job", publication.job_url)
