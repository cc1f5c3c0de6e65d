"""Publish a site on call, as a web hook or a chat command would, and show live what happens.

Exit code 0: the order is published, now or by an earlier call. 1: it is not; the errors were shown. 75: another call
is at work on this site; call again later.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from interruptible import interruptible
from pulumi import automation

if TYPE_CHECKING:
    from pulumi.automation.events import EngineEvent

HERE = Path(__file__).resolve().parent
PUBLISHED, NOT_PUBLISHED, TRY_LATER = 0, 1, 75
PUBLICATION = ":TrackingConfigPublication::"
TROUBLE = {"warning": "warning: ", "error": "error: "}
SHOWN = {"info": "", **TROUBLE}


class Display:
    """Prints the lines of the engine's events that are meant for people."""

    def __init__(self) -> None:
        self.errors = 0

    def show(self, event: EngineEvent) -> None:
        """Print what an event says, if anything.

        Args:
            event: From the engine, as soon as it happens.
        """
        step = event.resource_pre_event and event.resource_pre_event.metadata
        if step and PUBLICATION in step.urn and step.op is not automation.OpType.SAME:
            print(f"{step.op.value} {step.urn.split('::', 3)[3]}", flush=True)
        said = event.diagnostic_event
        # Of other resources only trouble: the rest is the program's own output.
        shown = SHOWN if said and PUBLICATION in (said.urn or "") else TROUBLE
        if said and said.severity in shown:
            self.errors += said.severity == "error"
            print(f"{shown[said.severity]}{said.message.strip()}", flush=True)


def publish(site: int, order: str) -> int:
    """Publish a site for an order that was not published yet.

    Args:
        site: The site's number. Each site has a stack of its own, so that sites do not wait for each other.
        order: Names what the call was made for; a call that is repeated for the same order publishes nothing.

    Returns:
        The exit code.
    """
    display = Display()
    try:
        stack = automation.create_or_select_stack(f"site-{site}", work_dir=str(HERE))
        stack.set_config("siteId", automation.ConfigValue(str(site)))
        stack.set_config("order", automation.ConfigValue(order))
        result = stack.up(on_event=display.show)
    except automation.ConcurrentUpdateError:
        print(f"site {site} is being published by another call; call again later", file=sys.stderr)
        return TRY_LATER
    except (automation.CommandError, subprocess.CalledProcessError) as error:
        # Its text is the whole output again, of which the events have shown what matters, if it came to events.
        if not display.errors:
            said = str(error).partition("stderr:")[2].strip()
            print(said or "error: Pulumi was ended before it began to publish", file=sys.stderr)
        return NOT_PUBLISHED
    changed = set(result.summary.resource_changes or {}) - {"same"}
    print(f"{'published' if changed else 'already published'}: {result.outputs['job'].value}")
    return PUBLISHED


def main() -> int:
    """Read the command line and publish.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(description="Publish a site of NAO Cloud, once for each order.")
    parser.add_argument("site", type=int, help="the site's number, such as 910")
    parser.add_argument("--order", required=True, help="what it is for, such as a ticket or a delivery's id")
    chosen = parser.parse_args()
    return interruptible(lambda: publish(chosen.site, chosen.order))


if __name__ == "__main__":
    sys.exit(main())
