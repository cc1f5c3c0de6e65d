"""What the search for an engine ends with: an engine, or the reason why there is none."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Origin = Literal["PATH", "official", "built"]


class EngineError(Exception):
    """One way to an engine, or all of them, did not work; the text says why."""


@dataclass(frozen=True)
class Engine:
    """A Pulumi CLI with its language host for Python.

    Attributes:
        version: The CLI's version, without the leading `v`.
        origin: Where it is from: `PATH` (the developer's own), `official` (the official installer)
            or `built` (from the CLI's Go module, with the stand-in language host).
        folders: To be put in front of `PATH` in this order, after the virtual environment's own folder.
    """

    version: str
    origin: Origin
    folders: tuple[Path, ...]

    @property
    def path_prefix(self) -> str:
        """The folders as `PATH` writes them; never empty."""
        return os.pathsep.join(str(folder) for folder in self.folders)
