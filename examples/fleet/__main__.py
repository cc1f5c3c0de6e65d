"""Publish every site of the list whose own files have changed."""

from fleet import read_sites

from pulumi_nao import TrackingConfigPublication, content_digest

sites = read_sites()
# All are read before the first is declared, so that a missing folder stops the run before anything is published.
triggers = {name: {"files": content_digest(f"sites/{name}/**/*.json")} for name in sites}

for name, number in sites.items():
    TrackingConfigPublication(name, site_id=number, triggers=triggers[name])
