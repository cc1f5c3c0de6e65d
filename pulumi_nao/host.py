"""The seam to the plugin host, the process in which the engine runs the provider.

This is what the stock host of the SDK offers: words on standard error, which the engine shows under the stack, and an
exception as the answer to a call.
"""

from __future__ import annotations

import sys
from typing import NoReturn


class ProviderError(Exception):
    """A failed call; its text is what the user reads."""


def report(message: str) -> None:
    """Show progress.

    Args:
        message: One line.
    """
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - the host's way to the user


def warn(message: str) -> None:
    """Show a warning.

    Args:
        message: One line, or several.
    """
    report(f"warning: {message}")


def fail(text: str) -> NoReturn:
    """End the current call with an error.

    Args:
        text: What the user reads.

    Raises:
        ProviderError: Always.
    """
    raise ProviderError(text) from None
