"""`TrackingConfigPublication`: what a program declares."""

from __future__ import annotations

import os
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import Resource
from pulumi.output import Unknown
from pulumi.runtime.config import is_config_secret
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.config.settings import Settings, hidden_settings
from pulumi_nao.program import hints, interrupts
from pulumi_nao.provider import TrackingConfigPublicationProvider
from pulumi_nao.resources.inputs import check_inputs
from pulumi_nao.resources.markers import CONFIGURATION, ERROR_HOOK
from pulumi_nao.text import parse_timeout
from pulumi_nao.values import holds_output

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NOT_KNOWN_YET = (pulumi.Output, Awaitable, Unknown)


MODULE, NAME = "nao", "TrackingConfigPublication"


class TrackingConfigPublication(Resource, module=MODULE, name=NAME):
    """The published state of a site's tracking configuration in NAO Cloud.

    Creating it publishes the site and waits for the background job; a change of the triggers publishes again. A job
    that fails, fails the deployment with the job's own message. Destroying it does nothing: what is published cannot
    be taken back. Key and server come from the stack's configuration or the environment.

    Args:
        resource_name: The resource's name in Pulumi.
        site_id: The site, a whole number above 0, also as text. A change replaces the publication.
        triggers: Any mapping or list of plain values; a change publishes again. Without triggers the site is
            published once. For files, see `content_digest`.
        config_namespace: Where key and server are looked up: with `nao-eu` in `nao-eu:apiKey` and `NAO_EU_API_KEY`.
        opts: Pulumi's options. `id`, `urn` and `import_` are refused: nothing would be published.

    Raises:
        pulumi.RunError: The key stands in the stack's configuration as plain text; the name, an input or an option
            is refused.
    """

    def __init__(
        self,
        resource_name: str,
        site_id: pulumi.Input[int | str],
        triggers: pulumi.Input[Mapping[str, Any] | Sequence[Any]] | None = None,
        config_namespace: str = DEFAULT_NAMESPACE,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        if not isinstance(resource_name, str) or not resource_name:
            raise pulumi.RunError("resource_name: give the publication a name, such as 'warehouse'")
        if holds_output(resource_name):
            raise pulumi.RunError(
                "resource_name: write it as plain text, such as 'warehouse'; "
                "an output is not known when the resource is declared"
            )
        _refuse_options(resource_name, opts)
        given = {"site_id": site_id, "triggers": triggers, "config_namespace": config_namespace}
        _, problems = check_inputs(given, _NOT_KNOWN_YET)
        if problems:
            raise pulumi.RunError("\n".join(f"{resource_name}: {problem}" for problem in problems))
        # Configuration and environment of the program; the provider's process may have others.
        self._seen = Settings(_in_stack, os.environ).seen(config_namespace)
        if not isinstance(get_monitor(), MockMonitor):
            _check_key(config_namespace)
            hints.give(config_namespace)
            interrupts.quieten()
        super().__init__(
            TrackingConfigPublicationProvider(),
            resource_name,
            {
                "site_id": site_id,
                "triggers": triggers,
                "config_namespace": config_namespace,
                "base_url": None,
                "job_id": None,
                "job_url": None,
                "has_finished": None,
                "status": None,
                "message": None,
                "started_at": None,
                "finished_at": None,
                "duration": None,
                CONFIGURATION: self._seen,
                ERROR_HOOK: _wants_reasons(opts) or None,
            },
            opts,
        )

    def __init_subclass__(cls, module: str = "", name: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - of other bases
        """Keep the type: the SDK would give a subclass another one, and the state would know another resource."""
        if module or name:
            raise pulumi.RunError(
                f"{cls.__name__}: a subclass of TrackingConfigPublication keeps its type in the state; "
                "leave out module= and name="
            )
        super().__init_subclass__(module=MODULE, name=NAME, **kwargs)

    def _get_providers(self, t: str, pkg: str | None, opts: pulumi.ResourceOptions) -> Any:  # noqa: ANN401 - as in the SDK
        """Refuse a provider that hides the configuration. The SDK asks here, when transformations are done."""
        provider, providers = super()._get_providers(t, pkg, opts)
        if provider is not None and self._seen["names"] and not isinstance(get_monitor(), MockMonitor):
            raise pulumi.RunError(f"{self._name}: {hidden_settings(self._seen['names'])}")
        return provider, providers

    # Properties, as in generated SDKs: Pulumi reads them once, while it resolves annotations for every resource.

    @property
    @pulumi.getter
    def site_id(self) -> pulumi.Output[int]:
        """The site."""
        return pulumi.get(self, "site_id")

    @property
    @pulumi.getter
    def triggers(self) -> pulumi.Output[Any]:
        """As given."""
        return pulumi.get(self, "triggers")

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


def _refuse_options(resource_name: str, opts: object) -> None:
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise pulumi.RunError(f"{resource_name}: opts: give pulumi.ResourceOptions(...)")
    for name in ("id", "urn", "import_"):
        if getattr(opts, name, None) is not None:
            raise pulumi.RunError(
                f"{resource_name}: a TrackingConfigPublication does not take the option {name!r}: the run would be "
                "green with nothing published. Declare it without that option; `pulumi up` publishes the site once."
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


def _in_stack(name: str) -> str | None:
    namespace, _, key = name.partition(":")
    return pulumi.Config(namespace).get(key)


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
    if pulumi.Config(namespace).get("apiKey") is not None and not is_config_secret(name):
        raise pulumi.RunError(
            f"{name} stands in the configuration as plain text. Rotate the key in NAO Cloud, since files and "
            f"history may hold it, and set the new one with `pulumi config set --secret {name}`."
        )
