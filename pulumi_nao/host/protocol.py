"""What the operations ask of the process in which the engine runs them, whichever plugin that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    import grpc

    from pulumi_nao.config.surface import Surface


class ProviderError(Exception):
    """A failed call; its text is what the user reads."""


@dataclass(frozen=True)
class Call:
    """One call of the engine, such as `Create`; the time-out is the resource's own, in seconds."""

    method: str
    urn: str
    timeout: float | None
    request: Any
    context: grpc.ServicerContext


@dataclass(frozen=True)
class Unfinished:
    """What is to be saved of an operation that failed."""

    resource_id: str
    properties: Mapping[str, Any]
    reason_wanted: bool = False  # by an error hook of the program, which decides what follows


class Host(Protocol):
    """The process of a plugin, with as much as it can do.

    Attributes:
        cancel: Set when all waiting has to end.
    """

    cancel: threading.Event

    @property
    def surface(self) -> Surface:
        """The words of its users."""

    @property
    def call(self) -> Call | None:
        """The current call; `None` where calls cannot be seen."""

    @property
    def saves_unfinished(self) -> bool:
        """Whether the current call can fail and still have its outputs saved."""

    def report(self, message: str) -> None:
        """Show progress."""

    def warn(self, message: str) -> None:
        """Show a warning."""

    def fail(self, text: str, unfinished: Unfinished | None = None) -> NoReturn:
        """End the current call with an error."""
