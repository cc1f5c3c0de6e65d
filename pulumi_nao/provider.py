"""The six methods that Pulumi calls, thin: property bags in, decisions of `lifecycle`, property bags out.

The path of this module and the names of the classes are in every user's state. They stay as they are for good.

The classes are also loaded by the user's program, which never calls their methods. So that the program does not pay
for them, everything below the methods is imported by the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pulumi import dynamic

if TYPE_CHECKING:
    from pulumi_nao.resources.operations import Operations


class _Provider(dynamic.ResourceProvider):
    """The six methods, for any kind of resource."""

    serialize_as_secret_always = False  # the serialised provider is a class's name, and nothing else

    _kind: ClassVar[str]
    _operations: Operations

    def configure(self, req: dynamic.ConfigureRequest) -> None:
        """Take the stack's configuration. Called once a process; problems are told by `check` and `create`."""
        from pulumi_nao.resources import kinds  # noqa: PLC0415 - see the module's docstring
        from pulumi_nao.resources.dynamic import operations_of_process  # noqa: PLC0415 - as above

        self._operations = operations_of_process(getattr(kinds, self._kind), req.config.get)

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Validate the inputs and the configuration, offline."""
        inputs, problems = self._operations.check(_olds, news)
        return dynamic.CheckResult(inputs, [dynamic.CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.DiffResult:
        """Decide what to do, offline."""
        changes, replaces = self._operations.diff(_olds, _news)
        return dynamic.DiffResult(changes=changes, replaces=replaces)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Run the action and await its job."""
        return dynamic.CreateResult(*self._operations.create(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> dynamic.UpdateResult:
        """Await the recorded job if it still runs, and run the action again where that is needed."""
        return dynamic.UpdateResult(self._operations.update(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Look at a job that is not known to have ended in success; otherwise return what is stored."""
        return dynamic.ReadResult(id_, self._operations.read(props))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing: what was done cannot be taken back."""


class TrackingConfigPublicationProvider(_Provider):
    """Publishes tracking configurations for `TrackingConfigPublication`."""

    _kind = "PUBLICATION"


class ApiCallProvider(_Provider):
    """Makes the calls of `ApiCall`."""

    _kind = "API_CALL"
