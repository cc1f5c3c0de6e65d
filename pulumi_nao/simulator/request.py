"""A request, as the simulator's log and its scripts see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from pulumi_nao.simulator.world import BackgroundJob

Route = Literal["publish", "job", "action", "other"]
ROUTES: tuple[Route, ...] = get_args(Route)
BASE_PATH = "/api/v2/"
PATH = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")  # beneath the base path
KeyVerdict = Literal["right", "wrong", "missing"]


@dataclass(frozen=True)
class Request:
    """A request, and what became of it so far.

    Attributes:
        time: When it came in (UTC).
        method: `POST`, `GET`…
        path: Without the query.
        route: `publish`, `job`, `action` (see `Simulator.add_action`), or `other` for everything else.
        site: The site in the path, or the one of the job that is looked at; `None` if there is none.
        headers: By lower-case name; values that may let somebody in are redacted.
        key: Whether the key was `right`, `wrong` or `missing`.
        body_size: Length of the body in bytes.
        body: What an action was sent, of its JSON; left out of the `repr`, since it may hold secrets.
        status: HTTP status of the answer; `None` if there was none, or none yet.
        job: The job that was started or looked at, as it was then; `None` if there was none.
    """

    time: datetime
    method: str
    path: str
    route: Route
    site: int | None
    headers: Mapping[str, str]
    key: KeyVerdict
    body_size: int
    body: Any = field(repr=False)
    status: int | None = None
    job: BackgroundJob | None = None

    @property
    def call(self) -> str:
        """Method and path as an action is named: `PUT sites/910/nao_trackables/batch`."""
        return f"{self.method} {self.path.removeprefix(BASE_PATH)}"
