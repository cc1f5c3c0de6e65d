"""`PublishedSite`: how this team publishes a site."""

from __future__ import annotations

import pulumi

from pulumi_nao import TrackingConfigPublication, content_digest


class PublishedSite(pulumi.ComponentResource):
    """A site that is published when its own files or the shared ones change.

    Args:
        name: The folder beneath `sites`, and the resource's name.
        site_id: The site's number.
        opts: Pulumi's options.
    """

    job_url: pulumi.Output[str]

    def __init__(self, name: str, site_id: int, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("team:PublishedSite", name, None, opts)
        publication = TrackingConfigPublication(
            name,
            site_id=site_id,
            triggers={
                "own": content_digest(f"sites/{name}/**/*.json"),
                "shared": content_digest("shared/**/*.json"),
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                custom_timeouts=pulumi.CustomTimeouts(create="45m", update="45m"),
            ),
        )
        self.job_url = publication.job_url
        self.register_outputs({"job_url": self.job_url})
