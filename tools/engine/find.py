"""Find a Pulumi engine for this project, or make one.

Run as a script it prints what belongs in front of PATH (after the virtual environment's own folder), and
nothing else, on stdout; everything meant for a person goes to stderr:

    PATH="$PWD/.venv/bin:$(.venv/bin/python tools/engine/find.py):$PATH" pulumi version

The ways, in this order: a suitable `pulumi` on PATH, what an earlier run left in the cache, the official
installer, a build from the CLI's Go module.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

_HERE = str(Path(__file__).resolve().parent)
if _HERE not in sys.path:  # imported by its path, not run as a script
    sys.path.append(_HERE)

from as_script import run_as_script  # noqa: E402
from engine_cache import cache_folder, only_writer  # noqa: E402
from found import Engine, EngineError  # noqa: E402
from go_build import build, cached_build, required_go  # noqa: E402
from official_install import cached_official, install_official  # noqa: E402
from own_pulumi import OLDEST, own_engine  # noqa: E402
from progress_line import PREFIX  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Engine", "EngineError", "find_engine"]

_ORIGINS = {"PATH": "found on PATH", "official": "installed earlier", "built": "built earlier"}


def find_engine() -> Engine:
    """Find an engine, or make one.

    Returns:
        The engine, with the folders that belong in front of PATH.

    Raises:
        EngineError: If every way failed; the text says what was tried, why it failed, and the ways out.
    """
    cache = cache_folder(os.environ)
    own, why_not, note = None, "there is none", ""
    try:
        own = own_engine(os.environ.get("PATH", ""), cache)
    except EngineError as error:
        why_not = str(error)
        note = f"; `pulumi` on PATH passed over: {why_not}"
    if engine := own or _kept(cache):
        return _using(engine, note)
    _tell(f"no engine in {cache} yet{note}")
    return _made(cache, [("`pulumi` on PATH", why_not), (f"the cache {cache}", "it has none")])


def _kept(cache: Path) -> Engine | None:
    return cached_official(cache) or cached_build(cache)


def _using(engine: Engine, note: str = "") -> Engine:
    _tell(f"Pulumi {engine.version}, {_ORIGINS[engine.origin]}{note}")
    return engine


def _made(cache: Path, tried: list[tuple[str, str]]) -> Engine:
    try:
        with only_writer(cache, _tell):
            # Another process may have made one while this one waited for the lock.
            if kept := _kept(cache):
                return _using(kept)
            engine = _attempt("the official installer", install_official, cache, tried) or _attempt(
                "a build from the Go module", build, cache, tried
            )
    except EngineError as error:
        tried.append(("making one", str(error)))
        engine = None
    if engine is None:
        raise EngineError(_nothing_worked(tried))
    return engine


def _attempt(
    name: str,
    way: Callable[[Path, Callable[[str], None]], Engine],
    cache: Path,
    tried: list[tuple[str, str]],
) -> Engine | None:
    try:
        return way(cache, _tell)
    except EngineError as error:
        _tell(f"{name} did not work: {error}")
        tried.append((name, str(error)))
        return None


def _nothing_worked(tried: list[tuple[str, str]]) -> str:
    oldest = ".".join(str(number) for number in OLDEST)
    return "\n".join(
        (
            "there is no Pulumi engine, and none could be made:",
            *(f"  - {way}: {why}" for way, why in tried),
            "Each of these is a way out:",
            f"  - install the Pulumi CLI, {oldest} or newer: https://www.pulumi.com/docs/install/",
            "  - let this machine reach the official installer at https://get.pulumi.com, and run this again",
            (
                f"  - install Go {required_go()} or newer (https://go.dev/dl/), "
                "let it reach a Go module proxy (see `go env GOPROXY`), and run this again"
            ),
        )
    )


def _tell(text: str) -> None:
    print(f"{PREFIX}{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(run_as_script(lambda: find_engine().path_prefix, _tell))
