"""As many dynamic resources that do nothing."""

import os

import pulumi
from nothing import Nothing

for site in range(1, int(os.environ["SITES"]) + 1):
    Nothing(f"site-{site}", site_id=site, triggers={"zones": "a"})

pulumi.export("sites", int(os.environ["SITES"]))
