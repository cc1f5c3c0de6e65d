"""The answer to a call that failed, in the form that the engine shows without a traceback and can save.

It travels as details beside grpc's own status, in messages of Pulumi's protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2, status_pb2

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_nao.host import Call

_UNKNOWN = 2
_DETAILS = "grpc-status-details-bin"
_PROVIDER = "__provider"


def usable() -> bool:
    try:
        detail = provider_pb2.ErrorResourceInitFailed(id="", reasons=[])
        status_pb2.Status(code=_UNKNOWN, message="").details.add().Pack(detail)
    except (AttributeError, TypeError, ValueError):
        return False
    return hasattr(detail, "inputs") and hasattr(detail, "properties")


def set_failure(call: Call, text: str) -> None:
    """The SDK's own answer, a traceback or grpc's wrapper, gives way to the details that travel beside it."""
    _attach(call, status_pb2.Status(code=_UNKNOWN, message=text))


def set_unfinished(call: Call, text: str, resource_id: str, properties: Mapping[str, Any]) -> None:
    """As `save`, for a dynamic provider."""
    inputs = call.request.properties if call.method == "Create" else call.request.news
    kept = Struct()
    kept.update({name: value for name, value in properties.items() if value is not None})
    kept.update({_PROVIDER: inputs[_PROVIDER]})
    save(call, text, resource_id, kept)


def save(call: Call, text: str, resource_id: str, properties: Struct) -> None:
    """Make the call fail, and have the engine save what there is; without text, it was shown already."""
    if call.method == "Create":
        inputs = call.request.properties
    else:
        inputs, resource_id = call.request.news, call.request.id
    # Reasons would be stored as init errors, and `replace_on_changes` takes stored ones for a change.
    detail = provider_pb2.ErrorResourceInitFailed(id=resource_id, reasons=[text] if text else [])
    detail.inputs.CopyFrom(inputs)
    detail.properties.CopyFrom(properties)
    status = status_pb2.Status(code=_UNKNOWN, message=text or "the attempt is recorded")
    status.details.add().Pack(detail)
    _attach(call, status)


def _attach(call: Call, status: status_pb2.Status) -> None:
    call.context.set_trailing_metadata(((_DETAILS, status.SerializeToString()),))
