"""What every resource of this package does in a program, whatever it asks of NAO Cloud."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import Resource
from pulumi.output import Unknown
from pulumi.runtime.config import get_config, is_config_secret
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nao.attempt import RECORDED
from pulumi_nao.config.settings import Settings, hidden_settings
from pulumi_nao.program import hints, quiet_end
from pulumi_nao.resources.inputs import CONFIGURATION, ERROR_HOOK, SECRETS
from pulumi_nao.text import parse_timeout
from pulumi_nao.values import holds_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.provider import ApiCallProvider, TrackingConfigPublicationProvider
    from pulumi_nao.resources.inputs import Checked

_NOT_KNOWN_YET = (pulumi.Output, Awaitable, Unknown)
_MODULE = "nao"


class ActionResource(Resource, module=_MODULE, name="ActionResource"):
    """A call to NAO Cloud that Pulumi makes when it is new or changed, and whose end it awaits."""

    _secret_outputs: ClassVar[tuple[str, ...]] = ()
    # What it is called, and what an `up` does with it: `published`, `publishes the site`.
    _noun: ClassVar[str]
    _done: ClassVar[str]
    _does: ClassVar[str]
    _type_name: ClassVar[str]

    def __init__(
        self,
        provider: TrackingConfigPublicationProvider | ApiCallProvider,
        resource_name: str,
        inputs: dict[str, Any],
        check: Callable[..., Checked],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        if not isinstance(resource_name, str) or not resource_name:
            raise pulumi.RunError(f"resource_name: give the {self._noun} a name, such as 'warehouse'")
        if holds_output(resource_name):
            raise pulumi.RunError(
                "resource_name: write it as plain text, such as 'warehouse'; "
                "an output is not known when the resource is declared"
            )
        self._refuse_options(resource_name, opts)
        _, problems = check(inputs, _NOT_KNOWN_YET)
        if problems:
            raise pulumi.RunError("\n".join(f"{resource_name}: {problem}" for problem in problems))
        namespace = inputs["config_namespace"]
        # Configuration and environment of the program; the provider's process may have others.
        self._seen = Settings(get_config, os.environ).seen(namespace)
        if not isinstance(get_monitor(), MockMonitor):
            _check_key(namespace)
            hints.give(namespace)
            quiet_end.quieten()
        hidden = {
            CONFIGURATION: self._seen,
            ERROR_HOOK: _wants_reasons(opts) or None,
            SECRETS: self._told_of_secrets(resource_name, inputs, opts),
        }
        properties = {**inputs, **dict.fromkeys([*RECORDED, *self._secret_outputs]), **hidden}
        secret = pulumi.ResourceOptions(additional_secret_outputs=[*self._secret_outputs])
        super().__init__(provider, resource_name, properties, pulumi.ResourceOptions.merge(opts, secret))

    def __init_subclass__(cls, module: str = "", name: str = "", type_name: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - of other bases
        """Keep the type: the SDK would give a subclass another one, and the state would know another resource."""
        if type_name:
            cls._type_name = type_name
        elif module or name:
            raise pulumi.RunError(
                f"{cls.__name__}: a subclass of {cls._type_name} keeps its type in the state; "
                "leave out module= and name="
            )
        super().__init_subclass__(module=_MODULE, name=cls._type_name, **kwargs)

    def _get_providers(self, t: str, pkg: str | None, opts: pulumi.ResourceOptions) -> Any:  # noqa: ANN401 - as in the SDK
        """Refuse a provider that hides the configuration. The SDK asks here, when transformations are done."""
        provider, providers = super()._get_providers(t, pkg, opts)
        if provider is not None and self._seen["names"] and not isinstance(get_monitor(), MockMonitor):
            raise pulumi.RunError(f"{self._name}: {hidden_settings(self._seen['names'])}")
        return provider, providers

    def _told_of_secrets(self, *_given: Any, **_named: Any) -> Any:  # noqa: ANN401 - an input, or none
        """What `inputs.SECRETS` is, of the checked inputs."""

    def _refuse_options(self, resource_name: str, opts: object) -> None:
        if opts is None:
            return
        if not isinstance(opts, pulumi.ResourceOptions):
            raise pulumi.RunError(f"{resource_name}: opts: give pulumi.ResourceOptions(...)")
        for name in ("id", "urn", "import_"):
            if getattr(opts, name, None) is not None:
                raise pulumi.RunError(
                    f"{resource_name}: {self._type_name} does not take the option {name!r}: the run would be green "
                    f"with nothing {self._done}. Declare it without that option; `pulumi up` {self._does} once."
                )
        if opts.custom_timeouts is not None and not isinstance(opts.custom_timeouts, pulumi.CustomTimeouts):
            raise pulumi.RunError(
                f"{resource_name}: custom_timeouts: give pulumi.CustomTimeouts, "
                "such as pulumi.CustomTimeouts(create='5m')"
            )
        for name in ("create", "update", "delete", "read"):
            timeout = getattr(opts.custom_timeouts, name, None)
            if timeout is not None:
                try:
                    parse_timeout(timeout)
                except ValueError as error:
                    raise pulumi.RunError(f"{resource_name}: custom_timeouts.{name}: {error}") from None

    # Properties, as in generated SDKs: Pulumi reads them once, while it resolves annotations for every resource.

    @property
    @pulumi.getter
    def config_namespace(self) -> pulumi.Output[str]:
        """As given."""
        return pulumi.get(self, "config_namespace")

    @property
    @pulumi.getter
    def base_url(self) -> pulumi.Output[str]:
        """The server of the last attempt."""
        return pulumi.get(self, "base_url")

    @property
    @pulumi.getter
    def job_id(self) -> pulumi.Output[str]:
        """The background job of the last attempt."""
        return pulumi.get(self, "job_id")

    @property
    @pulumi.getter
    def job_url(self) -> pulumi.Output[str]:
        """Where that job can be looked at."""
        return pulumi.get(self, "job_url")

    @property
    @pulumi.getter
    def has_finished(self) -> pulumi.Output[bool]:
        """Whether the job is over."""
        return pulumi.get(self, "has_finished")

    @property
    @pulumi.getter
    def status(self) -> pulumi.Output[str]:
        """The server's word: `success`, `failure`, `In progress`; `unknown` when nobody knows."""
        return pulumi.get(self, "status")

    @property
    @pulumi.getter
    def message(self) -> pulumi.Output[str | None]:
        """The server's reason of a failure; otherwise of no meaning."""
        return pulumi.get(self, "message")

    @property
    @pulumi.getter
    def started_at(self) -> pulumi.Output[str]:
        """When the job began, UTC, ISO 8601."""
        return pulumi.get(self, "started_at")

    @property
    @pulumi.getter
    def finished_at(self) -> pulumi.Output[str]:
        """When it ended."""
        return pulumi.get(self, "finished_at")

    @property
    @pulumi.getter
    def duration(self) -> pulumi.Output[float]:
        """Seconds between the two."""
        return pulumi.get(self, "duration")


def _wants_reasons(opts: pulumi.ResourceOptions | None) -> bool:
    """Whether an error hook reads why a publication failed.

    Pulumi stores such reasons, and a stored one is a change for `replace_on_changes` of everything: the site would be
    published once more.
    """
    if opts is None or not getattr(getattr(opts, "hooks", None), "on_error", None):
        return False
    return not any("*" in path for path in opts.replace_on_changes or ())


def _check_key(namespace: str) -> None:
    """Refuse a key that everybody can read."""
    name = f"{namespace}:apiKey"
    if get_config(name) is not None and not is_config_secret(name):
        raise pulumi.RunError(
            f"{name} stands in the configuration as plain text. Rotate the key in NAO Cloud, since files and "
            f"history may hold it, and set the new one with `pulumi config set --secret {name}`."
        )
