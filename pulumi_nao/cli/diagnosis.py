"""What the doctor finds, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

_ALL_WELL = """All well: the server is there and accepts the key.
  Whether its user may publish a site, only publishing tells."""


class Mark(Enum):
    """How good a finding is, as it is printed."""

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
    """One fact.

    Attributes:
        subject: What it is about, in a word or two.
        mark: How good it is.
        text: One line.
        details: Further lines.
    """

    subject: str
    mark: Mark
    text: str
    details: tuple[str, ...] = ()

    @property
    def record(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "subject": self.subject,
            "mark": self.mark.name.lower(),
            "text": self.text,
            "details": list(self.details),
        }


@dataclass
class Diagnosis:
    """What was found about an account.

    Attributes:
        findings: The facts.
        verdict: What follows.
        conclusion: The same for people, with what to do next.
    """

    findings: list[Finding] = field(default_factory=list)
    verdict: Verdict = Verdict.ALL_WELL
    conclusion: str = _ALL_WELL

    def conclude(self, verdict: Verdict, *lines: str) -> None:
        """Say what follows."""
        self.verdict = verdict
        self.conclusion = "\n".join([lines[0], *(f"  {line}" for line in lines[1:])])

    @property
    def record(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "exit_code": int(self.verdict),
            "verdict": self.verdict.name.lower(),
            "conclusion": self.conclusion,
            "findings": [finding.record for finding in self.findings],
        }
