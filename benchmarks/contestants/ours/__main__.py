"""One publication a site."""

import os

from pulumi_nao import TrackingConfigPublication

for site in range(1, int(os.environ["SITES"]) + 1):
    TrackingConfigPublication(f"site-{site}", site_id=site, triggers={"zones": "a"})
