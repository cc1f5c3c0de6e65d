"""The code blocks of a page, with what the page's source says about running them.

A block's place on the page decides what becomes of it; two kinds of comment, which readers do not see, add to that::

    <!-- test: fails -->                    the commands of the next block end with an error
    <!-- test: background -->               they go on until the page ends
    <!-- test: file __main__.py -->         the next block is that file, as a caption says it elsewhere
    <!-- test: not run, reason -->          the next block is not run
    <!-- hidden: python                     a block that only the tests see; also `hidden: sh`
    assert nao.publications(910) == 1
    -->
"""

import re
from dataclasses import dataclass
from pathlib import Path

from sybil import Document, Region
from sybil.parsers.markdown.lexers import DirectiveInHTMLCommentLexer, FencedCodeBlockLexer
from sybil.parsers.myst.lexers import DirectiveLexer

COMMANDS = "sh"
OUTPUT = "text"
DOCTEST = "pycon"


@dataclass(frozen=True)
class Block:
    """A piece of a page that is run, written to a file, or compared."""

    page: str
    line: int
    language: str
    text: str
    file: str = ""
    note: str = ""
    hidden: bool = False

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def read(path: Path, name: str) -> list[Block]:
    """All blocks of a page, in their order."""
    document = Document(path.read_text(encoding="utf-8"), str(path))
    notes = {region.end: region for region in DirectiveInHTMLCommentLexer("test")(document)}
    blocks = [
        _block(name, document, notes, region, region.lexemes["language"])
        for region in FencedCodeBlockLexer("[a-z]+")(document)
    ]
    blocks += [
        _block(name, document, notes, region, region.lexemes["arguments"])
        for region in DirectiveLexer("code-block")(document)
    ]
    blocks += [
        _block(name, document, {}, region, region.lexemes["arguments"].strip(), hidden=True)
        for region in DirectiveInHTMLCommentLexer("hidden")(document)
    ]
    return sorted(blocks, key=lambda block: block.line)


def _block(
    page: str, document: Document, notes: dict[int, Region], region: Region, language: str, *, hidden: bool = False
) -> Block:
    file = region.lexemes.get("options", {}).get("caption", "").strip('"`')
    note = ""
    before = max((end for end in notes if end <= region.start), default=None)
    # A comment belongs to the block that follows it at once.
    if before is not None and re.fullmatch(r"-+>\s*", document.text[before : region.start]):
        note = notes[before].lexemes["arguments"].strip()
    if note.startswith("file "):
        file, note = note.removeprefix("file "), ""
    line = document.text.count("\n", 0, region.start) + 1
    return Block(page, line, language, str(region.lexemes["source"]), file, note, hidden)
