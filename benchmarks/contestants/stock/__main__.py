"""A provider written as Pulumi's documentation of dynamic providers would have it: the stock host, fixed pauses."""

import os
import time
from typing import Any

import requests
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class PublicationProvider(ResourceProvider):
    """Publishes a site and looks at the job again and again."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Publish."""
        session = requests.Session()
        session.headers["Authorization"] = os.environ["NAO_API_KEY"]
        site = int(props["site_id"])
        url = f"{os.environ['NAO_BASE_URL']}/api/v2/sites/{site}/asset_tracking_config/publish"
        answer = session.post(url, allow_redirects=False, timeout=30)
        if answer.status_code != requests.codes.see_other:
            raise RuntimeError(f"publishing answered {answer.status_code}")
        while True:
            job = session.get(answer.headers["Location"], timeout=30).json()["data"]["attributes"]
            if job["has_finished"]:
                break
            time.sleep(float(os.environ["LOOK_EVERY"]))
        if job["status"] != "success":
            raise RuntimeError(job["message"])
        return CreateResult(str(site), {**props, "status": job["status"]})


class Publication(Resource):
    """A published site."""

    def __init__(self, name: str, site_id: int, triggers: dict[str, str]) -> None:
        super().__init__(PublicationProvider(), name, {"site_id": site_id, "triggers": triggers})


for number in range(1, int(os.environ["SITES"]) + 1):
    Publication(f"site-{number}", site_id=number, triggers={"zones": "a"})
