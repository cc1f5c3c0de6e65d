"""Writes the tables of the reference page from that of the schema: `python -m tests.plugin.page`."""

import re
from pathlib import Path

from pulumi_nao.plugin.schema import RESOURCES, SETTINGS

PAGE = Path(__file__).resolve().parents[2] / "sdk-docs" / "reference" / "native-plugin.md"
TABLE = re.compile(r"(<!-- table: (\S+) -->\n)(?:\|.*\n)*")


def tables():
    """All tables by their names."""
    found = {"settings": _table(SETTINGS)}
    for each in RESOURCES:
        found |= {f"{each.name}.inputs": _table(each.inputs), f"{each.name}.outputs": _table(each.outputs)}
    return found


def written(page):
    """The page with the tables as they should be."""
    known = tables()
    return TABLE.sub(lambda place: place[1] + known[place[2]], page)


def _table(properties):
    rows = [f"| `{each.written}` | {_type(each)} | {each.text} |" for each in properties]
    return "".join(f"{line}\n" for line in ["| name | type | |", "| --- | --- | --- |", *rows])


def _type(each):
    marks = [each.type, *(["required"] if each.is_required else []), *(["secret"] if each.is_secret else [])]
    return ", ".join(marks)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
