"""Refusing a command line: clearly, and without repeating a value, for one of them may be a key."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY_OPTIONS = ("--key", "--api-key", "--apikey", "--token")
_NO_KEY_OPTION = (
    "there is no option for the key, since other users of a machine can see command lines; set NAO_API_KEY in the "
    "environment (and rotate the key if it was a real one)"
)


class Parser(argparse.ArgumentParser):
    """An argument parser that takes no abbreviations and repeats no value of an unknown option."""

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - as in argparse
        super().__init__(**settings, allow_abbrev=False)

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]  # noqa: ANN401 - as in argparse
        """Parse, and refuse what is not known by its name alone; of a command, with the command's own usage."""
        parsed, unknown = super().parse_known_args(args, namespace)
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        if options:
            self.error(f"there is no option {options[0]}")
        if unknown:
            self.error("there are more words than the command takes")
        return parsed, []


class _RefuseKey(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_rest: object) -> NoReturn:
        parser.error(_NO_KEY_OPTION)


def refuse_key_options(parser: argparse.ArgumentParser) -> None:
    """Explain to those who look for `--key` why there is none."""
    parser.add_argument(*_KEY_OPTIONS, action=_RefuseKey, nargs="?", help=argparse.SUPPRESS)
