"""The engine's protocol from the SDK, without the SDK: to import all of that would take most of a start."""

from __future__ import annotations

import sys
from importlib.util import find_spec, module_from_spec

for _package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
    _spec = find_spec(_package)
    if _spec is None:
        raise ModuleNotFoundError(f"No module named {_package!r}")
    # The package as a place to find modules in; its own code does not run.
    sys.modules[_package] = module_from_spec(_spec)

from pulumi.runtime.proto import language_pb2, plugin_pb2  # noqa: E402
from pulumi.runtime.proto.language_pb2_grpc import (  # noqa: E402
    LanguageRuntimeServicer,
    add_LanguageRuntimeServicer_to_server,
)

__all__ = ["LanguageRuntimeServicer", "add_LanguageRuntimeServicer_to_server", "language_pb2", "plugin_pb2"]
