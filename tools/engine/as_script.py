"""How a tool runs as a script: its answer on stdout, all that is for people on stderr, exit codes as in a shell."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from found import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable


def run_as_script(answer: Callable[[], str], tell: Callable[[str], None]) -> int:
    """Print an answer, or say why there is none.

    Args:
        answer: Finds it.
        tell: Called with what is meant for people.

    Returns:
        The exit code.
    """
    # A CI job that is called off ends this with SIGTERM: as an exception it takes the child processes along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        print(answer())
    except EngineError as error:
        tell(str(error))
        return 1
    except KeyboardInterrupt:
        tell("interrupted; nothing half-done was left behind")
        return 128 + signal.SIGINT
    return 0
