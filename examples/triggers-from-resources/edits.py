"""`ConfigurationEdit`: stands for whatever edits your site's configuration before it is published.

Yours may be a command, a resource of another provider, or a dynamic resource like this one that calls an API. This
one writes a file, so that the example needs no other service.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class ConfigurationEditProvider(ResourceProvider):
    """Writes the wanted content, and tells its revision."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Make the edit."""
        return CreateResult(props["path"], self._written(props))

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Compare what was written with what is wanted; `revision` is unknown until it is written."""
        return DiffResult(
            changes=olds["content"] != news["content"] or olds["path"] != news["path"],
            replaces=["path"] if olds["path"] != news["path"] else [],
            delete_before_replace=True,
        )

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """Make the edit again."""
        return UpdateResult(self._written(news))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Take the edit back."""
        Path(props["path"]).unlink(missing_ok=True)

    def _written(self, props: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(props["content"], indent=2, sort_keys=True) + "\n"
        Path(props["path"]).write_text(text, encoding="utf-8")
        return {**props, "revision": hashlib.sha256(text.encode()).hexdigest()[:12]}


class ConfigurationEdit(Resource, module="example", name="ConfigurationEdit"):
    """One edit of a configuration that is not in production yet."""

    revision: pulumi.Output[str]

    def __init__(self, name: str, path: str, content: pulumi.Input[dict[str, Any]]) -> None:
        super().__init__(ConfigurationEditProvider(), name, {"path": path, "content": content, "revision": None})
