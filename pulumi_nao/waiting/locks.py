"""Who may go on now: one at a time for each address, and no more at once than the configuration allows."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from pulumi_nao.errors import NotSent
from pulumi_nao.waiting.semaphore import Semaphore

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from pulumi_nao.waiting.clock import Clock


class Locks:
    def __init__(self, clock: Clock, at_once: int | None = None) -> None:
        self._clock = clock
        self._all = Semaphore(clock, at_once or sys.maxsize)
        self._sites: dict[Hashable, Semaphore] = {}
        self._guard = threading.Lock()

    @contextmanager
    def held(self, site: Hashable, operation: str, report: Callable[[str], None]) -> Iterator[None]:
        """Hold a turn; a wait for another at the same site is reported, and a cancel while it lasts is `NotSent`."""
        with self._guard:
            of_site = self._sites.setdefault(site, Semaphore(self._clock, 1))
        told = partial(report, f"waiting for another {operation} to end")
        with (
            of_site.acquired(in_line=told) as site_is_free,
            self._all.acquired() as turn_has_come,
        ):
            if not (site_is_free and turn_has_come):
                raise NotSent("cancelled while it waited for its turn", operation=operation)
            yield
