"""The live display of a terminal: a row for each operation that runs, ended ones above, a count below."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from pulumi_nao.cli.display import Display

if TYPE_CHECKING:
    from rich.console import RenderableType
    from typing_extensions import Self

    from pulumi_nao.cli.streams import Stream

_FRAMES_PER_SECOND = 8
_BAR_WIDTH = 30
_ROWS_KEPT_FREE = 4
_SHOW_CURSOR = "\x1b[?25h"


@dataclass
class _Row:
    began: float
    news: str


class LiveDisplay(Display):
    def __init__(self, output: Stream, total: int) -> None:
        super().__init__(output)
        self._total = total
        self._ended = 0
        self._failed = 0
        self._rows: dict[str, _Row] = {}
        self._guard = threading.Lock()
        unicode = output.encoding.lower().replace("-", "").startswith("utf")
        self._signs = ("✓", "✗") if unicode else ("ok", "failed:")
        self._spinner = Spinner("dots" if unicode else "line")
        self._console = Console(file=cast("TextIO", output), highlight=False, emoji=False, markup=False)
        self._live = Live(
            console=self._console,
            get_renderable=self._render,
            refresh_per_second=_FRAMES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        with suppress(RuntimeError):  # no thread for it: drawn only when an operation ends
            self._live.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._live.stop()

    def began(self, operation: str) -> None:
        with self._guard:
            self._rows[operation] = _Row(time.monotonic(), "starting")

    def report(self, operation: str, news: str) -> None:
        with self._guard:
            if operation in self._rows:
                self._rows[operation].news = news

    def done(self, operation: str, news: str) -> None:
        self._end(operation)
        self._stay((self._signs[0], "green"), f" {operation}: {news}")

    def failed(self, operation: str, error: str) -> None:
        self._end(operation, failed=True)
        headline, *rest = error.splitlines()
        self._stay((self._signs[1], "red"), " ", (headline, "red"), *(f"\n{line}" for line in rest))
        if not self._errors.isatty():
            self._errors.line(error)

    def note(self, text: str) -> None:
        self._stay((text, "yellow"))

    def restore(self) -> None:
        self._output.interject(f"\n{_SHOW_CURSOR}")

    def _stay(self, *parts: str | tuple[str, str]) -> None:
        self._console.print(Text.assemble(*parts), soft_wrap=True)

    def _end(self, operation: str, *, failed: bool = False) -> None:
        with self._guard:
            self._rows.pop(operation, None)
            self._ended += 1
            self._failed += failed
        # A line printed above takes the display along as it was last drawn.
        self._live.refresh()

    def _render(self) -> RenderableType:
        with self._guard:
            rows = list(self._rows.items())
            ended, failed = self._ended, self._failed
        now = time.monotonic()
        table = Table.grid(padding=(0, 1), expand=True)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
        table.add_column(no_wrap=True, justify="right")
        shown = rows[: max(1, self._console.height - _ROWS_KEPT_FREE)]
        for operation, row in shown:
            text = Text.assemble((operation, "bold"), f": {row.news}")
            table.add_row(self._spinner, text, Text(_elapsed(now - row.began), style="dim"))
        if self._total == 1:
            return table
        counts = [f"{ended} of {self._total} ended"]
        if failed:
            counts.append(f"{failed} not done")
        counts.append(f"{len(rows)} running" + (f" ({len(shown)} shown)" if len(shown) < len(rows) else ""))
        if ended + len(rows) < self._total:
            counts.append(f"{self._total - ended - len(rows)} to come")
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(self._total, ended, width=_BAR_WIDTH), Text(", ".join(counts), style="dim"))
        return Group(table, bar)


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
