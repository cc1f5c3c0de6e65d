"""Run `pulumi up` for the whole list, and say at the end what became of each site.

Exit code 0: every site is published, now or by an earlier run. 1: at least one is not.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
from fleet import read_sites
from interruptible import interruptible
from pulumi import automation
from pulumi.automation import OpType

if TYPE_CHECKING:
    from collections.abc import Collection

    from pulumi.automation.events import EngineEvent

HERE = Path(__file__).resolve().parent
PUBLICATION = ":TrackingConfigPublication::"
DONE = {
    OpType.CREATE: "published",
    OpType.UPDATE: "published",
    OpType.CREATE_REPLACEMENT: "published",
    OpType.SAME: "unchanged",
}
# Publishing is waiting, so it does not depend on cores; Pulumi's own default is four for each of them.
PARALLEL = "256"


class Outcomes:
    """What the engine's events say about each site; no other place tells it of this run alone."""

    def __init__(self) -> None:
        self._became: dict[str, str] = {}
        self._reasons: dict[str, str] = {}
        self.trouble_shown = False

    def note(self, event: EngineEvent) -> None:
        """Take in an event, and show it if it is an end or trouble.

        Args:
            event: From the engine, as soon as it happens.
        """
        if (said := event.diagnostic_event) and said.severity in ("warning", "error"):
            self.trouble_shown |= said.severity == "error"
            site = _site(said.urn or "")
            if site and said.severity == "error":
                # The first line of the first error says all; a later one is the engine's, and less clear.
                self._reasons.setdefault(site, said.message.strip().partition("\n")[0])
            else:
                print(f"{said.severity}: {said.message.strip()}", file=sys.stderr, flush=True)
        elif event.res_op_failed_event:
            self._note_end(event.res_op_failed_event.metadata.urn, "failed")
        elif (ended := event.res_outputs_event) and ended.metadata.op in DONE:
            self._note_end(ended.metadata.urn, DONE[ended.metadata.op])

    def _note_end(self, urn: str, became: str) -> None:
        if site := _site(urn):
            self._became[site] = became
            if became != "unchanged":
                print(f"{became} {site}", flush=True)

    def summary(self, sites: Collection[str]) -> str:
        """Count the sites by what became of them, and give a reason for each that failed.

        Args:
            sites: The list, since the engine is silent about sites that it has not come to.
        """
        became = [self._became.get(site, "not begun") for site in sites]
        counts = (f"{became.count(word)} {word}" for word in ("published", "failed", "unchanged", "not begun"))
        reasons = (
            f"\n  {site}: {self._reasons.get(site, 'no reason was given')}"
            for site in sites
            if self._became.get(site) == "failed"
        )
        return f"\n{', '.join(counts)}{''.join(reasons)}"


def _site(urn: str) -> str:
    return urn.split("::", 3)[3] if PUBLICATION in urn else ""


def publish(stack: str) -> int:
    """Publish what has changed, and go on when a site fails.

    Args:
        stack: The stack's name.

    Returns:
        The exit code.
    """
    outcomes = Outcomes()
    code = 0
    try:
        sites = read_sites()
        automation.select_stack(stack, work_dir=str(HERE)).up(continue_on_error=True, on_event=outcomes.note)
    except pulumi.RunError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (automation.CommandError, subprocess.CalledProcessError) as error:
        # Its text is the whole output again, of which the events have shown what matters, if it came to events.
        if not outcomes.trouble_shown:
            said = str(error).partition("stderr:")[2].strip()
            print(said or "error: Pulumi was ended before it began to publish", file=sys.stderr)
        code = 1
    print(outcomes.summary(sites))
    return code


def main() -> int:
    """Read the command line and publish.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description="Publish the sites of sites.csv that have changed.")
    parser.add_argument("stack", help="the stack's name, such as dev")
    chosen = parser.parse_args()
    os.environ.setdefault("PULUMI_PARALLEL", PARALLEL)
    return interruptible(lambda: publish(chosen.stack))


if __name__ == "__main__":
    sys.exit(main())
