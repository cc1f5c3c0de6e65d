"""The list of sites."""

from __future__ import annotations

import csv
from pathlib import Path

import pulumi

LIST = Path(__file__).resolve().parent / "sites.csv"


def read_sites(file: Path = LIST) -> dict[str, str]:
    """Read the list, and refuse one that cannot be meant.

    Args:
        file: CSV with the columns `name` and `site_id`.

    Returns:
        The sites' numbers by their names.

    Raises:
        pulumi.RunError: The list is missing or empty, lacks a value, or has a name or a number twice.
    """
    sites: dict[str, str] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:  # Excel begins a file with a mark
            rows = csv.DictReader(lines)
            for row in rows:
                name, number = ((row.get(column) or "").strip() for column in ("name", "site_id"))
                where = f"{file.name}, line {rows.line_num}"
                if not name or not number:
                    raise pulumi.RunError(f"{where}: a site needs both, name and site_id, with a comma between them")
                if name in sites or number in sites.values():
                    raise pulumi.RunError(f"{where}: {name} or {number} is in the list already")
                sites[name] = number
    except OSError as error:
        raise pulumi.RunError(f"{file.name} cannot be read: {error.strerror}") from None
    if not sites:
        raise pulumi.RunError(f"{file.name}: there is no site in it")
    return sites
