"""Find toxiproxy's server, or build it from its Go module, at the version that go.mod beside this file pins.

Run as a script it prints where the executable is, and nothing else, on stdout; everything meant for a person goes to
stderr. Builds are kept in the folder that also keeps engines.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path.append(str(_HERE.parent / "engine"))

from as_script import run_as_script  # noqa: E402
from engine_cache import cache_folder, holds, only_writer, place, publish, unfinished  # noqa: E402
from found import EngineError  # noqa: E402
from go_command import GoCommand  # noqa: E402
from progress_line import ProgressLine  # noqa: E402

_MODULE = "github.com/Shopify/toxiproxy/v2"
_NAME = "toxiproxy-server"
_PREFIX = "toxiproxy: "


def find_toxiproxy() -> Path:
    """Find the server, or build it.

    Returns:
        The executable.

    Raises:
        EngineError: If there is no Go, or it fails; the text says what to do.
    """
    cache = cache_folder(os.environ)
    kept = _place(cache)
    if holds(kept, _NAME):
        return kept / _NAME
    try:
        with only_writer(cache, _tell):
            # Another process may have built it while this one waited for the lock.
            if not holds(kept, _NAME):
                _build(cache, kept)
    except EngineError as error:
        oldest = _stated(r"^go (\S+)$")
        raise EngineError(
            f"{error}\nToxiproxy is built with Go {oldest} or newer (https://go.dev/dl/), "
            "which needs to reach a Go module proxy (see `go env GOPROXY`)."
        ) from error
    return kept / _NAME


def _build(cache: Path, final: Path) -> None:
    with unfinished(cache) as folder:
        progress = ProgressLine(sys.stderr, prefix=_PREFIX)
        go = GoCommand(_HERE, folder, progress)
        _tell(f"building {_version()} from its Go module: some ten seconds, once")
        try:
            go.build(f"{_MODULE}/cmd/server", folder / "built" / _NAME, f"-X {_MODULE}.Version={_version()}")
        finally:
            progress.clear()
        publish(folder / "built", final)
        _tell(f"built in {progress.elapsed}, kept in {final}")


def _place(cache: Path) -> Path:
    pinned = hashlib.sha256(b"".join((_HERE / name).read_bytes() for name in ("go.mod", "go.sum"))).hexdigest()
    return place(cache, f"toxiproxy-{_version()}-{pinned[:8]}")


def _version() -> str:
    return _stated(rf"^require {re.escape(_MODULE)} (v\S+)")


def _stated(pattern: str) -> str:
    match = re.search(pattern, (_HERE / "go.mod").read_text(), re.MULTILINE)
    if match is None:
        raise EngineError(f"{_HERE / 'go.mod'} has no line like {pattern}; restore it from version control")
    return match[1]


def _tell(text: str) -> None:
    print(f"{_PREFIX}{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(run_as_script(lambda: str(find_toxiproxy()), _tell))
