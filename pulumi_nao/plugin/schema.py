"""What the package `nao` offers, in one table: schema, names on the wire and reference page come from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pulumi_nao._version import __version__
from pulumi_nao.config.surface import NATIVE

PACKAGE = "nao"


@dataclass(frozen=True)
class Property:
    name: str  # in the core: `site_id`; programs write it as `siteId`
    type: str  # of Pulumi's schema: `string`, `integer`, `number`, `boolean`, or `any`
    text: str
    is_required: bool = False
    is_secret: bool = False
    replaces: bool = False

    @property
    def written(self) -> str:
        return NATIVE.name(self.name)

    @property
    def schema(self) -> dict[str, Any]:
        form = {"$ref": "pulumi.json#/Any"} if self.type == "any" else {"type": self.type}
        marks = {"secret": self.is_secret, "willReplaceOnChanges": self.replaces}
        return {**form, "description": self.text, **{name: True for name, is_so in marks.items() if is_so}}


@dataclass(frozen=True)
class ResourceType:
    name: str
    text: str
    inputs: tuple[Property, ...]
    outputs: tuple[Property, ...]  # beside the inputs

    @property
    def token(self) -> str:
        return f"{PACKAGE}:index:{self.name}"

    @property
    def schema(self) -> dict[str, Any]:
        outputs = (*self.inputs, *self.outputs)
        return {
            "description": self.text,
            "inputProperties": {each.written: each.schema for each in self.inputs},
            "requiredInputs": [each.written for each in self.inputs if each.is_required],
            "properties": {each.written: each.schema for each in outputs},
            "required": [each.written for each in outputs if each.is_required],
        }


SETTINGS = (
    Property("api_key", "string", "API key or JWT of the account, bare. Environment: `NAO_API_KEY`.", is_secret=True),
    Property(
        "base_url",
        "string",
        "The server. Environment: `NAO_BASE_URL`. Without either, the recorded server, else "
        "`https://www.nao-cloud.com`.",
    ),
    Property(
        "timeout",
        "string",
        "Longest wait for one publication, such as `30m`, which is the default. Environment: `NAO_TIMEOUT`.",
    ),
    Property(
        "concurrency",
        "integer",
        "Publications of this provider at a time, 1 to 512. Environment: `NAO_CONCURRENCY`. Without either, as many "
        "as Pulumi's `--parallel` runs.",
    ),
    Property(
        "requests_per_second",
        "number",
        "Requests a second of this provider, 0.01 to 1000. Environment: `NAO_REQUESTS_PER_SECOND`. Without either, "
        "no limit until the server answers 429.",
    ),
)

PUBLICATION = ResourceType(
    "TrackingConfigPublication",
    "The published state of a site's tracking configuration in NAO Cloud. Creating it publishes the site and waits "
    "for the background job; a change of the triggers publishes again. A job that fails, fails the deployment with "
    "the job's own message. Destroying it does nothing: what is published cannot be taken back.",
    inputs=(
        Property(
            "site_id",
            "integer",
            "The site, a whole number above 0. A change replaces the publication.",
            is_required=True,
            replaces=True,
        ),
        Property(
            "triggers",
            "any",
            "Any mapping or list of plain values; a change publishes again. Without triggers the site is published "
            "once.",
        ),
    ),
    outputs=(
        Property("base_url", "string", "The server of the last attempt.", is_required=True),
        Property("job_id", "string", "The background job of the last attempt."),
        Property("job_url", "string", "Where that job can be looked at."),
        Property("has_finished", "boolean", "Whether the job is over.", is_required=True),
        Property(
            "status",
            "string",
            "The server's word: `success`, `failure`, `In progress`; `unknown` when nobody knows.",
            is_required=True,
        ),
        Property("message", "string", "The server's reason of a failure; otherwise of no meaning."),
        Property("started_at", "string", "When the job began, UTC, ISO 8601."),
        Property("finished_at", "string", "When it ended."),
        Property("duration", "number", "Seconds between the two."),
    ),
)

RESOURCES = (PUBLICATION,)


def package_schema() -> str:
    settings = {each.written: each.schema for each in SETTINGS}
    schema = {
        "name": PACKAGE,
        "displayName": "NAO Cloud",
        "version": __version__,
        "description": "Publish NAO Cloud tracking configurations: start the job, wait for it, fail with its words.",
        "license": "Apache-2.0",
        # A generated SDK for Python must not take the place of this package.
        "language": {"python": {"packageName": "pulumi_nao_native"}},
        "config": {"variables": settings},
        "provider": {"description": "An account of NAO Cloud.", "inputProperties": settings},
        "resources": {each.token: each.schema for each in RESOURCES},
    }
    return json.dumps(schema, indent=2)
