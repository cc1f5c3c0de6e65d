"""Find an engine for programs in YAML, or make one: official installs have the language host for YAML beside them.

Run as a script it prints what belongs in front of PATH, as `find.py` does. A host elsewhere on PATH would do, but the
engine warns of it at every run; so what is built here lies beside a link to the engine.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
if str(_HERE) not in sys.path:  # imported by its path, not run as a script
    sys.path.append(str(_HERE))

from as_script import run_as_script  # noqa: E402
from engine_cache import cache_folder, holds, only_writer, place, publish, unfinished  # noqa: E402
from find import find_engine  # noqa: E402
from found import Engine, EngineError  # noqa: E402
from go_command import GoCommand  # noqa: E402
from progress_line import PREFIX, ProgressLine  # noqa: E402

_MODULE = _HERE.parent / "yaml"
_HOST = "pulumi-language-yaml"
_COMMAND = f"github.com/pulumi/pulumi-yaml/cmd/{_HOST}"


def find_yaml_engine() -> Engine:
    """Find an engine with the language host for YAML beside it, or make one.

    Returns:
        The engine.

    Raises:
        EngineError: There is none, and none could be made.
    """
    engine = find_engine()
    if holds(engine.folders[0], _HOST):
        return engine
    cache = cache_folder(os.environ)
    made = _place(cache, engine)
    if not holds(made, "pulumi", _HOST):
        with only_writer(cache, _tell):
            if not holds(made, "pulumi", _HOST):
                _make(cache, engine, made)
    return Engine(engine.version, engine.origin, (made, *engine.folders[1:]))


def _make(cache: Path, engine: Engine, made: Path) -> None:
    with unfinished(cache) as folder:
        progress = ProgressLine(sys.stderr)
        _tell(f"building the language host for YAML {_version()}: about five minutes on two cores, once")
        whole = folder / "beside"
        try:
            flags = f"-X github.com/pulumi/pulumi-yaml/pkg/version.Version={_version()}"
            GoCommand(_MODULE, folder, progress).build(_COMMAND, whole / _HOST, flags)
        finally:
            progress.clear()
        try:
            for file in engine.folders[0].iterdir():
                (whole / file.name).hardlink_to(file.resolve())
        except OSError as error:
            raise EngineError(f"cannot link {engine.folders[0]} into {cache}: {error.strerror}") from error
        publish(whole, made)
        _tell(f"built in {progress.elapsed}, kept in {made}")


def _place(cache: Path, engine: Engine) -> Path:
    digest = hashlib.sha256(str(engine.folders[0]).encode())
    for file in (_MODULE / "go.mod", _MODULE / "go.sum"):
        digest.update(file.read_bytes())
    return place(cache, f"yaml-{_version()}-{digest.hexdigest()[:8]}")


def _version() -> str:
    match = re.search(
        r"^\s*(?:require )?github\.com/pulumi/pulumi-yaml (v\S+)", (_MODULE / "go.mod").read_text(), re.MULTILINE
    )
    if match is None:
        raise EngineError(f"{_MODULE / 'go.mod'} does not name pulumi-yaml; restore it from version control")
    return match[1]


def _tell(text: str) -> None:
    print(f"{PREFIX}{text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(run_as_script(lambda: find_yaml_engine().path_prefix, _tell))
