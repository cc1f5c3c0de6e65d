"""What the doctor finds, and what follows from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum, IntEnum
from typing import Any

_ALL_WELL = """All well: the server is there and accepts the key.
  Whether its user may publish a site, only publishing tells."""


class Mark(Enum):
    GOOD = "ok"
    NOTE = "-"
    WARNING = "!"
    BAD = "x"


class Verdict(IntEnum):
    """What follows, as an exit code."""

    ALL_WELL = 0
    SETTINGS = 10
    SERVER_NOT_REACHED = 11
    KEY_REFUSED = 12
    NO_VERDICT = 13


@dataclass(frozen=True)
class Finding:
    subject: str
    mark: Mark
    text: str
    details: tuple[str, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        return {**asdict(self), "mark": self.mark.name.lower()}


@dataclass
class Diagnosis:
    findings: list[Finding]
    verdict: Verdict = Verdict.ALL_WELL
    conclusion: str = _ALL_WELL

    def conclude(self, verdict: Verdict, headline: str, *next_steps: str) -> None:
        self.verdict = verdict
        self.conclusion = "\n  ".join([headline, *next_steps])

    @property
    def record(self) -> dict[str, Any]:
        return {
            "exit_code": self.verdict,
            "verdict": self.verdict.name.lower(),
            "conclusion": self.conclusion,
            "findings": [finding.record for finding in self.findings],
        }
