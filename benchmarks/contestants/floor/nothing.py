"""A dynamic resource that does nothing: what the engine and the stock host take by themselves.

In a module of its own: a provider from `__main__` is copied into each resource, which fails at about 300 of them.
"""

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class NothingProvider(ResourceProvider):
    """Does nothing."""

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what the program wants with what is recorded."""
        return DiffResult(changes=_olds["site_id"] != _news["site_id"] or _olds["triggers"] != _news["triggers"])

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Return what is given."""
        return CreateResult(str(int(props["site_id"])), props)


class Nothing(Resource):
    """A resource that does nothing."""

    def __init__(self, name: str, site_id: int, triggers: dict[str, str]) -> None:
        super().__init__(NothingProvider(), name, {"site_id": site_id, "triggers": triggers})
