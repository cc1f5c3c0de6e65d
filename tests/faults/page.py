"""The page of the documentation that holds the matrix: `python -m tests.faults.page` writes its tables."""

import re
from pathlib import Path

from pulumi_nao import simulator
from tests.faults.catalogue import FAULTS
from tests.faults.rows import ROWS

PAGE = Path(__file__).resolve().parents[2] / "sdk-docs" / "reference" / "faults.md"

WORDS = {
    "done": "done",
    "JobFailed": "job failed",
    "WaitTimedOut": "time runs out",
    "ContactLost": "contact lost",
    "JobGone": "job gone",
    "MayHaveStarted": "may have started",
    "Rejected": "refused",
    "KeyNotAccepted": "refused (key)",
    "AccessDenied": "refused (access)",
    "TooManyRequests": "refused (busy)",
    "ServerUnreachable": "not sent",
}
NEXT = {"nothing": "has nothing to do", "waits on": "goes on waiting", "publishes": "publishes"}

COLUMNS = ("the POST", "every POST", "one look", "every look")


def with_tables(text):
    """The page with its tables as the matrix has them.

    Args:
        text: The page as it is.
    """
    own = [name for name in ROWS if name in simulator.FAULTS]
    others = [name for name in ROWS if name not in simulator.FAULTS]
    for table in (_ends(), _faults("fault", own), _faults("other fault", others)):
        text = _with_table(text, list(table))
    return text


def _with_table(text, lines):
    written = "\n".join(lines) + "\n"
    return re.sub(rf"^{re.escape(lines[0])}\n(\|.*\n)*", lambda _found: written, text, flags=re.MULTILINE)


def _ends():
    yield "| the run ends | raised | recorded | the next `pulumi up` |"
    yield "| --- | --- | --- | --- |"
    for name, word in WORDS.items():
        seen = [end for cells in ROWS.values() for end in cells if end.end == name]
        saved = {"nothing" if end.saved == "nothing" else "the attempt, its job" for end in seen}
        if name in ("MayHaveStarted", "JobGone"):
            saved = {"the attempt, `unknown`"}
        (recorded,) = saved
        (then,) = {NEXT[end.then] for end in seen}
        yield f"| {word} | {'' if name == 'done' else f'`{name}`'} | {recorded} | {then} |"


def _faults(title, names):
    yield f"| {title} | what the client meets | effect | " + " | ".join(COLUMNS) + " |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name in names:
        post, posts, first, later, looks = ROWS[name]
        fault = FAULTS[name]
        assert first.end == later.end, name
        cells = [f"`{name}`", fault.summary, "yes" if fault.takes_effect else "no"]
        yield f"| {' | '.join([*cells, *map(_cell, (post, posts, first, looks))])} |"


def _cell(end):
    word = WORDS[end.end]
    return f"{word}, {end.posts} POSTs" if end.posts > 1 else word


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
