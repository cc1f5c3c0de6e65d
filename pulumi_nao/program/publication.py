"""`TrackingConfigPublication`: the published state of a site's tracking configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from pulumi_nao.config.namespaces import DEFAULT_NAMESPACE
from pulumi_nao.program.resource import ActionResource
from pulumi_nao.provider import TrackingConfigPublicationProvider
from pulumi_nao.resources.inputs import publication_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class TrackingConfigPublication(ActionResource, type_name="TrackingConfigPublication"):
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

    _noun, _done, _does = "publication", "published", "publishes the site"

    def __init__(
        self,
        resource_name: str,
        site_id: pulumi.Input[int | str],
        triggers: pulumi.Input[Mapping[str, Any] | Sequence[Any]] | None = None,
        config_namespace: str = DEFAULT_NAMESPACE,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        inputs = {"site_id": site_id, "triggers": triggers, "config_namespace": config_namespace}
        super().__init__(TrackingConfigPublicationProvider(), resource_name, inputs, publication_inputs, opts)

    @property
    @pulumi.getter
    def site_id(self) -> pulumi.Output[int]:
        """The site."""
        return pulumi.get(self, "site_id")
