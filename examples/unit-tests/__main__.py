"""Publish the sites that are listed in `sites.json`."""

import pulumi
from sites import publish_sites

for name, publication in publish_sites("sites.json").items():
    pulumi.export(name, publication.job_url)
