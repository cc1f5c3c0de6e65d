"""What the program declares, apart from the program itself so that tests can call it."""

from __future__ import annotations

import json
from pathlib import Path

from pulumi_nao import TrackingConfigPublication, content_digest


def publish_sites(file: str) -> dict[str, TrackingConfigPublication]:
    """Declare a publication for every site of a list.

    Args:
        file: JSON: the sites' numbers by their names. A change of the file publishes all of them.

    Returns:
        The publications by the sites' names.
    """
    numbers: dict[str, int] = json.loads(Path(file).read_text(encoding="utf-8"))
    return {
        name: TrackingConfigPublication(name, site_id=number, triggers={"sites": content_digest(file)})
        for name, number in numbers.items()
    }
