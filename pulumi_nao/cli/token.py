"""What can be said of a key without showing any of it."""

from __future__ import annotations

import base64
import json
import math
from datetime import datetime, timezone
from typing import Any

_JWT_PARTS = 3


def is_jwt(api_key: str) -> bool:
    """Tell a JWT from an API key, by its form."""
    parts = api_key.split(".")
    return len(parts) == _JWT_PARTS and all(isinstance(_decoded(part), dict) for part in parts[:2])


def expiry_of(api_key: str) -> datetime | None:
    """Read from a JWT when it expires; its signature is left to the server."""
    if not is_jwt(api_key):
        return None
    end = _decoded(api_key.split(".")[1]).get("exp")
    if isinstance(end, bool) or not isinstance(end, (int, float)) or not math.isfinite(end):
        return None
    try:
        return datetime.fromtimestamp(end, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _decoded(part: str) -> Any:  # noqa: ANN401 - JSON of any type
    try:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None
