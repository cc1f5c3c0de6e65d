"""Pulumi's wire form of property bags, and back: plain values, and `pulumi.UNKNOWN` for what is not known yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from google.protobuf.struct_pb2 import Struct, Value

from pulumi_nao.values import PULUMI_MARK, PULUMI_UNKNOWN, mapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Fixed by Pulumi's protocol.
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - marks one
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# What is no plain value; the checks name its type.
_OTHERS = {
    "c44067f5952c0a294b673a41bacd8c17": type("Asset", (), {}),
    "0def7320c3a5731c473e5ecbe6d01bc7": type("Archive", (), {}),
    "5cf8f73096256a8f31e491e813e4eb8e": type("Resource", (), {}),
}


def read(bag: Struct) -> dict[str, Any]:
    """A bag of the engine's in plain values, without what is Pulumi's own."""
    return {name: plain(value) for name, value in bag.fields.items() if not name.startswith("__")}


def plain(value: Value) -> Any:  # noqa: ANN401 - any plain value
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        return pulumi.UNKNOWN if value.string_value == PULUMI_UNKNOWN else value.string_value
    if kind == "list_value":
        return [plain(item) for item in value.list_value.values]
    if kind == "struct_value":
        fields, mark = value.struct_value.fields, _mark(value)
        if mark in (_SECRET, _OUTPUT):  # an output without a value is not known yet
            return plain(fields["value"]) if "value" in fields else pulumi.UNKNOWN
        return _OTHERS[mark]() if mark in _OTHERS else {name: plain(item) for name, item in fields.items()}
    return None if kind in (None, "null_value") else getattr(value, kind)


def holds_secret(value: Value) -> bool:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return any(holds_secret(item) for item in value.list_value.values)
    if kind != "struct_value":
        return False
    fields, mark = value.struct_value.fields, _mark(value)
    if mark == _SECRET or (mark == _OUTPUT and fields["secret"].bool_value):
        return True
    return any(holds_secret(item) for item in fields.values())


def write(values: Mapping[str, Any], secrets: Iterable[str] = ()) -> Struct:
    """Plain values as a bag for the engine; what is `None` is left out."""
    bag = Struct()
    for name, given in values.items():
        if given is not None:
            value = mapped(given, lambda part: PULUMI_UNKNOWN if pulumi.contains_unknowns(part) else part)
            bag[name] = {PULUMI_MARK: _SECRET, "value": value} if name in secrets else value
    return bag


def with_unknown(bag: Struct, names: Iterable[str]) -> Struct:
    """A copy in which nobody knows yet what these are."""
    copy = Struct()
    copy.CopyFrom(bag)
    copy.update(dict.fromkeys(names, PULUMI_UNKNOWN))
    return copy


def _mark(value: Value) -> str:
    fields = value.struct_value.fields
    return fields[PULUMI_MARK].string_value if PULUMI_MARK in fields else ""
