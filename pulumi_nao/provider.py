"""The six methods that Pulumi calls, thin: property bags in, decisions of `lifecycle`, property bags out.

The path of this module and the name of the class are in every user's state. They stay as they are for good.

The class is also loaded by the user's program, which never calls its methods. So that the program does not pay for
them, everything below the methods is imported by the first call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

if TYPE_CHECKING:
    from pulumi_nao.resources.operations import Operations


class TrackingConfigPublicationProvider(ResourceProvider):
    """Publishes tracking configurations for `TrackingConfigPublication`."""

    serialize_as_secret_always = False  # the serialised provider is this class's name, and nothing else

    _operations: Operations

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration. Called once a process; problems are told by `check` and `create`.

        Args:
            req: Holds the configuration, secrets decrypted.
        """
        from pulumi_nao.host import attach  # noqa: PLC0415 - see the module's docstring
        from pulumi_nao.resources.operations import Operations  # noqa: PLC0415 - as above

        self._operations = Operations(req.config.get, attach())

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Validate the inputs and the configuration, offline.

        Args:
            _olds: The inputs of the last run.
            news: The inputs of the program; some may be unknown at preview.

        Returns:
            The inputs in their one form, with the server that they lead to; or what is wrong with them.
        """
        inputs, problems = self._operations.check(_olds, news)
        return CheckResult(inputs, [CheckFailure("", problem) for problem in problems])

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Decide whether to publish, offline.

        Args:
            _id: The site's id.
            _olds: The recorded outputs.
            _news: The checked inputs.

        Returns:
            Another site or server replaces; other triggers, or a last attempt that is not done, update.
        """
        changes, replaces = self._operations.diff(_olds, _news)
        return DiffResult(changes=changes, replaces=replaces)

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Publish and await the job.

        Args:
            props: The checked inputs.

        Returns:
            The site's id and the outputs.
        """
        return CreateResult(str(int(props["site_id"])), self._operations.create(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Await the recorded job if it still runs, and publish again where that is needed.

        Args:
            _id: The site's id.
            _olds: The recorded outputs.
            _news: The checked inputs.

        Returns:
            The outputs.
        """
        return UpdateResult(self._operations.update(_olds, _news))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """Look at a job that is not known to have ended in success; otherwise return what is stored.

        Args:
            id_: The site's id.
            props: The recorded outputs.

        Returns:
            The outputs. A publication is never reported as gone: that would publish it again.
        """
        return ReadResult(id_, self._operations.read(props))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Do nothing: what is published cannot be taken back.

        Args:
            _id: The site's id.
            _props: The recorded outputs.
        """
