"""The CLI built from its Go module, at the version that go.mod beside this file pins."""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from engine_cache import holds, place, publish, unfinished
from found import Engine, EngineError
from go_command import GoCommand
from own_pulumi import version_of
from progress_line import ProgressLine

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).resolve().parent
_LANGUAGE_HOST = _HERE / "language_host"
_LAUNCHER = _LANGUAGE_HOST / "pulumi-language-python"
_BUILT_FROM = (_HERE / "go.mod", _HERE / "go.sum", _LAUNCHER)

_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_COMPANIONS = ("python/dist/pulumi-resource-pulumi-python", "python/cmd/pulumi-language-python-exec")
_NAMES = ("pulumi", "pulumi-language-python", *(Path(companion).name for companion in _COMPANIONS))


def cached_build(cache: Path) -> Engine | None:
    """Find the build of exactly these files, if an earlier run made it."""
    return _engine(cache) if holds(_place(cache) / "bin", *_NAMES) else None


def build(cache: Path, tell: Callable[[str], None]) -> Engine:
    """Build the CLI and put it into the cache, with what it needs beside it.

    Args:
        cache: The cache folder, with the lock held.
        tell: Called with a line about what is going on.

    Returns:
        The engine.

    Raises:
        EngineError: If there is no Go, or it fails.
    """
    with unfinished(cache) as folder:
        progress = ProgressLine(sys.stderr)
        go = GoCommand(_HERE, folder, progress)
        tell(f"building Pulumi {_version()} from its Go module: about four minutes on two cores, once")
        try:
            whole = folder / "built"
            _make(go, whole / "bin")
        finally:
            progress.clear()
        publish(whole, _place(cache))
        tell(f"built in {progress.elapsed}, kept in {_place(cache)}")
    return _engine(cache)


def required_go() -> str:
    """Say which Go the module asks for."""
    return _stated(r"^go (\S+)$")


def _make(go: GoCommand, folder: Path) -> None:
    pulumi = folder / "pulumi"
    go.build(_COMMAND, pulumi, f"-X {_SDK}/go/common/version.Version={_version()}")
    told = version_of(pulumi)
    if f"v{told}" != _version():
        raise EngineError(f"the result calls itself {told}, not {_version()}")
    sdk = go.module_folder(_SDK)
    for source in (*(sdk / companion for companion in _COMPANIONS), _LAUNCHER):
        copy = folder / source.name
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise EngineError(f"cannot copy {source} to {copy}: {error.strerror}") from error
        copy.chmod(0o755)


def _engine(cache: Path) -> Engine:
    # The launcher beside the engine finds the language host itself through PATH.
    return Engine(_version().removeprefix("v"), "built", (_place(cache) / "bin", _LANGUAGE_HOST))


def _place(cache: Path) -> Path:
    digest = hashlib.sha256()
    for file in _BUILT_FROM:
        digest.update(file.read_bytes())
    return place(cache, f"built-{_version()}-{digest.hexdigest()[:8]}")


def _version() -> str:
    return _stated(r"^require github\.com/pulumi/pulumi/pkg/v3 (v\S+)")


def _stated(pattern: str) -> str:
    text = (_HERE / "go.mod").read_text()
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise EngineError(f"{_HERE / 'go.mod'} has no line like {pattern}; restore it from version control")
    return match[1]
