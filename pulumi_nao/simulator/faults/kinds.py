"""What a fault is: a name, words for people, and the reply that brings it about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pulumi_nao.simulator.scripts import Reply


@dataclass(frozen=True)
class Fault:
    """A way of going wrong.

    Attributes:
        name: What it is called everywhere.
        summary: What the client meets, for people.
        make: Makes the reply, of seconds where it takes any.
        seconds: Its length or distance in time where none is given; `None` for a fault that has none.
    """

    name: str
    summary: str
    make: Callable[[float], Reply]
    seconds: float | None = None

    @property
    def takes_effect(self) -> bool:
        """Whether the request does its work all the same: a job starts, and nobody hears of it."""
        return self.make(self.seconds or 0.0).after_effect


def always(reply: Reply) -> Callable[[float], Reply]:
    """Make the same reply every time.

    Args:
        reply: It.
    """
    return lambda _seconds: reply
