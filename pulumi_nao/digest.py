"""One string for the content of files, for triggers that change when the files do."""

from __future__ import annotations

import glob
import hashlib
import os
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from hashlib import _Hash as Digest

# Part of the result: should the way of counting ever change, everybody can see that it did.
ALGORITHM = "v1"

_WILDCARDS = frozenset("*?[")
_BLOCK = 1024 * 1024


def content_digest(*patterns: str | os.PathLike[str]) -> str:
    """Digest the names and the bytes of all files that match.

    The same files give the same digest on every machine and in every place: names count relative to the part of the
    pattern before its first wildcard, and nothing but names and bytes counts. Hidden files and folders match only
    where the pattern names their leading dot. Line ends are bytes: let git check out the same ones everywhere
    (``* text=auto eol=lf`` in ``.gitattributes``).

    Args:
        patterns: Paths with ``*``, ``?``, ``[...]`` and, for any depth of folders, ``**``. They are relative to the
            current folder, which in a Pulumi program is the folder of the program. Their order counts.

    Returns:
        The version of the algorithm and 64 hexadecimal digits.

    Raises:
        pulumi.RunError: A pattern matches no file (a wrong path would otherwise look like content that never
            changes), is empty or has ``**`` as a part of a name, or a file cannot be read. A program that lets this
            pass ends with its text.
    """
    if not patterns:
        raise pulumi.RunError("content_digest needs at least one pattern, such as 'config/**/*.json'")
    whole = hashlib.sha256()
    for pattern in patterns:
        _add(whole, pattern)
    return f"{ALGORITHM}:{whole.hexdigest()}"


def _add(whole: Digest, pattern: object) -> None:
    text = _text(pattern)
    try:
        files = _files(text)
        # Two names may differ in their form of accents alone; the digest then puts them in order.
        named = sorted((_name(name), _digest_file(path)) for name, path in files.items())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no path"
        raise pulumi.RunError(f"content_digest: {text!r} cannot be read: {reason}") from None
    whole.update(b"%d files\n" % len(files))
    for name, digest in named:
        whole.update(b"%d %s %s\n" % (len(name), name, digest))


def _text(pattern: object) -> str:
    text = os.fspath(pattern) if isinstance(pattern, os.PathLike) else pattern
    if not isinstance(text, str):
        raise pulumi.RunError("content_digest: a pattern is text or a path, such as 'config/**/*.json'")
    return text


def _files(pattern: str) -> dict[str, Path]:
    fixed, wild = _split(pattern)
    if wild:
        names = glob.iglob(wild, root_dir=fixed, recursive=True)  # noqa: PTH207 - pathlib's differs by version
        found = {name: fixed / name for name in _without_loops(names, fixed) if (fixed / name).is_file()}
    else:
        found = {fixed.name: fixed} if fixed.is_file() else {}
    if not found:
        raise pulumi.RunError(f"content_digest: no file matches {pattern!r}; it was looked for from {Path.cwd()}")
    return found


def _without_loops(names: Iterable[str], fixed: Path) -> Iterator[str]:
    """Pass names on; end at the first folder that is inside itself, since how often it repeats is the system's."""
    known: set[Path] = set()
    for name in names:
        folder = (fixed / name).parent
        if folder not in known:
            known.add(folder)
            inside = [folder, *folder.parents][: len(Path(name).parts)]
            if len({path.resolve() for path in inside}) < len(inside):
                raise pulumi.RunError(f"content_digest: {str(folder)!r} contains itself through a symbolic link")
        yield name


def _split(pattern: str) -> tuple[Path, str]:
    """Part a pattern into its fixed folders and the rest, which begins with the first wildcard."""
    if not pattern.strip():
        raise pulumi.RunError("content_digest: a pattern is empty")
    parts = Path(pattern).parts
    if any("**" in part and part != "**" for part in parts):
        raise pulumi.RunError(f"content_digest: in {pattern!r}, '**' must stand alone between slashes")
    first_wild = next((place for place, part in enumerate(parts) if _WILDCARDS & set(part)), len(parts))
    if ".." in parts[first_wild:]:
        raise pulumi.RunError(f"content_digest: in {pattern!r}, '..' must stand before the first wildcard")
    return Path(*parts[:first_wild]), "/".join(parts[first_wild:])


def _name(name: str) -> bytes:
    # Some file systems hand out names with accents as separate characters.
    return unicodedata.normalize("NFC", Path(name).as_posix()).encode("utf-8", "surrogateescape")


def _digest_file(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest().encode()
