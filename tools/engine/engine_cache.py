"""The folder that keeps what was built: outside the work tree, one writer at a time, nothing half-done."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from found import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_UNFINISHED = "unfinished-"


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Say where engines are kept.

    Args:
        environ: The environment: `PULUMI_NAO_CACHE`, else `XDG_CACHE_HOME`, else the home folder.

    Returns:
        The folder, which need not exist yet. Symbolic links are resolved: the engine compares its own
        resolved place with PATH, and warns of every language host it finds elsewhere.
    """
    if own := environ.get("PULUMI_NAO_CACHE"):
        return Path(own).expanduser().resolve()
    shared = Path(environ.get("XDG_CACHE_HOME", ""))
    # The XDG specification has relative paths ignored.
    base = shared if shared.is_absolute() else Path.home() / ".cache"
    return (base / "pulumi-nao").resolve()


def place(cache: Path, name: str) -> Path:
    """Say where in the cache an engine belongs.

    Args:
        cache: The cache folder.
        name: What tells this engine from others.

    Returns:
        Its folder. The machine is part of the name, as home folders and CI caches travel between machines.
    """
    return cache / f"{name}-{sys.platform}-{platform.machine()}"


def holds(folder: Path, *names: str) -> bool:
    """Tell whether a folder has all these executables."""
    return all(os.access(folder / name, os.X_OK) for name in names)


@contextmanager
def only_writer(cache: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the cache's lock, waiting for it if need be, and clear what dead builds left.

    Args:
        cache: The cache folder; made if it is missing.
        tell: Called with a line when there is a wait.

    Yields:
        Nothing; the lock is held.

    Raises:
        EngineError: If the folder cannot be written to, or `filelock` is not installed.
    """
    try:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - a cached engine is found without it
    except ModuleNotFoundError as error:
        raise EngineError(
            f"filelock is not installed for {sys.executable}; run this with the Python of the project's "
            "virtual environment"
        ) from error

    with _writable(cache):
        cache.mkdir(parents=True, exist_ok=True)
        lock = FileLock(cache / "build.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tell("another process is building, waiting")
            lock.acquire()
    try:
        for left in cache.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        lock.release()


@contextmanager
def unfinished(cache: Path) -> Iterator[Path]:
    """Make a temporary folder in the cache, beside the place its contents are moved to when they are whole.

    Args:
        cache: The cache folder, with the lock held.

    Yields:
        The folder. Whatever is still in it at the end is removed.
    """
    with _writable(cache):
        folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(whole: Path, final: Path) -> None:
    """Move a whole engine to its place, in one step."""
    with _writable(final.parent):
        # What is there already was found unusable, or it would have been used.
        shutil.rmtree(final, ignore_errors=True)
        whole.replace(final)


@contextmanager
def _writable(cache: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"cannot write to the cache folder {cache}: {error.strerror}; "
            "set PULUMI_NAO_CACHE to a folder that can be written to"
        ) from error
