"""Requests over real sockets."""

from __future__ import annotations

import http.client
import json
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_nao.simulator import Simulator

KEY = "k-123"
DOCUMENTED_JOB = datetime(2023, 11, 13, 19, 50, 57, 145000, timezone.utc)  # when it began
PUBLISH_910 = "/api/v2/sites/910/asset_tracking_config/publish"


@dataclass
class Received:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def connect(nao: Simulator) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(nao.url).netloc, timeout=30)


def ask(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    *,
    key: str | None = KEY,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Received:
    """One request on a connection that stays open, if the server lets it."""
    sent = {**({} if key is None else {"Authorization": key}), **(headers or {})}
    connection.request(method, path, body, sent)
    response = connection.getresponse()
    received = {name.lower(): value for name, value in response.getheaders()}
    return Received(response.status, received, response.read())


def send(nao: Simulator, method: str, path: str, **options: Any) -> Received:
    """One request on a connection of its own."""
    with closing(connect(nao)) as connection:
        return ask(connection, method, path, **options)


def publish(nao: Simulator, site_id: int = 910, **options: Any) -> Received:
    return send(nao, "POST", f"/api/v2/sites/{site_id}/asset_tracking_config/publish", **options)


def look(nao: Simulator, job_id: int = 48145, **options: Any) -> Received:
    return send(nao, "GET", f"/api/v2/background_jobs/{job_id}", **options)
