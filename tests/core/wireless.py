"""`NaoClient` without sockets: what it sends goes to a function, whose answer comes back as if over the wire."""

from __future__ import annotations

from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

import requests
import urllib3

from pulumi_nao.cloud.client import NaoClient
from pulumi_nao.simulator.routes import Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import ExitStack

    from pulumi_nao.cloud.exchange import Exchange
    from pulumi_nao.cloud.transport import Request
    from pulumi_nao.simulator import Answer

    Serve = Callable[[Exchange, Request], Answer]


class WirelessClient(NaoClient):
    """Calls `serve` in place of an exchange, in the thread of the caller.

    It raises what an exchange would raise, and sets `connected` as soon as a request may have reached the server.
    """

    def __init__(self, serve: Serve, *account: Any, **options: Any) -> None:
        super().__init__(*account, **options)
        self._serve = serve

    def _exchange(
        self,
        exchange: Exchange,
        session: requests.Session,  # noqa: ARG002 - which would have the sockets
        request: Request,
        slot: ExitStack,
    ) -> tuple[requests.Response, bytes | None]:
        with slot:
            response = _received(self._serve(exchange, request))
            return response, request.read(response)


def call_of(request: Request, key: str, server: str) -> Call:
    """A request as the simulator reads it."""
    return Call(request.method, f"/api/v2/{request.path}", {"authorization": key}, request.content or b"", server)


def _received(answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code, response.reason = answer.status, HTTPStatus(answer.status).phrase
    response.headers.update(answer.headers)
    response.raw = urllib3.HTTPResponse(BytesIO(answer.content), answer.headers, preload_content=False)
    return response
