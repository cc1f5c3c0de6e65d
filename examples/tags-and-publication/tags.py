"""The list of tags."""

from __future__ import annotations

import csv
from pathlib import Path

import pulumi

LIST = Path(__file__).resolve().parent / "tags.csv"
COLUMNS = ("name", "tracking_id")


def read_tags(file: Path = LIST) -> list[dict[str, str]]:
    """Read the list, and refuse one that cannot be meant: it takes the place of the tags that the site has.

    Args:
        file: CSV with the columns `name` and `tracking_id`.

    Returns:
        The tags as NAO Cloud takes them, in the order of the list.

    Raises:
        pulumi.RunError: The list cannot be read or is empty, a row is not a tag, or a tracking id is there twice.
    """
    tags: dict[str, dict[str, str]] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:  # Excel begins a file with a mark
            rows = csv.DictReader(lines, strict=True)
            if tuple(rows.fieldnames or ()) != COLUMNS:
                raise pulumi.RunError(f"{file.name}, line 1: write the names of the columns: {','.join(COLUMNS)}")
            for row in rows:
                where = f"{file.name}, line {rows.line_num}"
                if None in row or not all((row[column] or "").strip() for column in COLUMNS):
                    raise pulumi.RunError(f"{where}: a tag has a name and a tracking id, with a comma between them")
                tag = {column: row[column].strip() for column in COLUMNS}
                if tags.setdefault(tag["tracking_id"].upper(), tag) is not tag:
                    raise pulumi.RunError(f"{where}: this tracking id is in the list already")
    except OSError as error:
        raise pulumi.RunError(f"{file.name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise pulumi.RunError(f"{file.name} is no CSV in UTF-8") from None
    except csv.Error:  # a quote left open goes on to the next one, or to the end
        raise pulumi.RunError(f"{file.name}, line {rows.line_num + 1} or below: a quote is not closed") from None
    if not tags:
        raise pulumi.RunError(f"{file.name}: there is no tag in it; sent like this, it would take all from the site")
    return [*tags.values()]
