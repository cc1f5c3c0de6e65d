"""The calls besides publications and looks at jobs: those that were added, and the batch of tags."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from pulumi_nao.simulator.checks import checked_seconds
from pulumi_nao.simulator.replies import Answer
from pulumi_nao.simulator.request import BASE_PATH, PATH
from pulumi_nao.simulator.world import Tag

if TYPE_CHECKING:
    from pulumi_nao.simulator.world import World

METHODS = ("POST", "PUT")
_TAKEN = re.compile(r"sites/[0-9]+/asset_tracking_config/publish|background_jobs/[0-9]+")
_SITE = re.compile(r"sites/([0-9]{1,20})(/.*)?")


@dataclass(frozen=True)
class Action:
    """A call that the simulator serves, see `Simulator.add_action`."""

    method: str
    path: str
    answer: Answer | Callable[[Any], Answer | None] | None = None
    failure: str | Callable[[Any], str] | None = None
    job_in_body: bool = False
    job_seconds: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"an action's method is {' or '.join(METHODS)}, not {self.method!r}")
        if not PATH.fullmatch(self.path):
            raise ValueError(
                f"an action's path is what follows {BASE_PATH}, such as sites/910/import, not {self.path!r}"
            )
        if _TAKEN.fullmatch(self.path):
            raise ValueError(f"the simulator has a call of its own at {self.path}; change its answers with a script")
        if isinstance(self.answer, Answer) and (self.failure or self.job_in_body or self.job_seconds is not None):
            raise ValueError("an action with an answer starts no job: leave failure, job_in_body and job_seconds out")
        if self.job_seconds is not None:
            checked_seconds(self.job_seconds)

    @property
    def site(self) -> int | None:
        """The site in the path; `None` if there is none."""
        found = _SITE.fullmatch(self.path)
        return int(found[1]) if found else None


class Actions:
    """The actions by method and path, and what they were sent; safe to use from many threads."""

    def __init__(self) -> None:
        self._actions: dict[tuple[str, str], Action] = {}
        self._bodies: list[tuple[str, str, Any]] = []
        self._lock = Lock()

    def add(self, action: Action, *, replace: bool = True) -> None:
        """Serve an action from now on, in place of another one with the same method and path if `replace`."""
        with self._lock:
            if replace or (action.method, action.path) not in self._actions:
                self._actions[action.method, action.path] = action

    def find(self, method: str, path: str) -> Action | None:
        """The action of a request, by the whole path of its URL."""
        with self._lock:
            return self._actions.get((method, _beneath(path)))

    def methods(self, path: str) -> list[str]:
        """The methods of all actions with a path, by the whole path of its URL."""
        with self._lock:
            return [method for method in METHODS if (method, _beneath(path)) in self._actions]

    def note(self, action: Action, body: Any) -> None:  # noqa: ANN401 - any JSON
        """Note that an action took effect."""
        with self._lock:
            self._bodies.append((action.method, action.path, body))

    def bodies(self, method: str, path: str) -> list[Any]:
        """What an action was sent each time that it took effect."""
        with self._lock:
            return [body for *call, body in self._bodies if call == [method, path]]


def tag_batch(world: World, site_id: int) -> list[Action]:
    """The call that replaces the tags of a site; the vendor's prose says POST, and the example beside it PUT."""

    def answer(body: Any) -> Answer:  # noqa: ANN401 - any JSON
        sent = body.get("nao_trackables") if isinstance(body, Mapping) else None
        if not isinstance(sent, list):
            return _unprocessable("nao_trackables must be a list.")
        for number, tag in enumerate(sent):
            for name in ("name", "tracking_id"):
                value = tag.get(name) if isinstance(tag, Mapping) else None
                if not (isinstance(value, str) and value):
                    return _unprocessable(f"nao_trackables[{number}].{name} must be text, and not empty.")
        tags = [Tag(tag["name"], tag["tracking_id"]) for tag in sent]
        world.set_tags(site_id, tags)
        return Answer(201, body={"data": [_tag_document(number, tag) for number, tag in enumerate(tags, 1)]})

    return [Action(method, f"sites/{site_id}/nao_trackables/batch", answer) for method in METHODS]


def _tag_document(number: int, tag: Tag) -> dict[str, object]:
    attributes = {"id": number, "name": tag.name, "tracking_id": tag.tracking_id}
    return {"id": str(number), "type": "nao_trackable", "attributes": attributes}


def _unprocessable(detail: str) -> Answer:
    return Answer(422, body={"errors": [{"status": "422", "title": "Unprocessable Entity", "detail": detail}]})


def _beneath(path: str) -> str:
    return path[len(BASE_PATH) :] if path.startswith(BASE_PATH) else ""
