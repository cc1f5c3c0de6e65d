"""One string for the content of files, for triggers that change when the files do."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Iterator
    from hashlib import _Hash as Digest

# Part of the result: should the way of counting ever change, everybody can see that it did.
ALGORITHM = "v1"

_WILDCARDS = frozenset("*?[")
_UTF_8 = ("utf-8", "surrogateescape")


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
            changes), is empty or has ``**`` as a part of a name; what may match cannot be read, or is a link that
            leads nowhere. A program that lets this pass ends with its text.
    """
    if not patterns:
        raise pulumi.RunError("content_digest needs at least one pattern, such as 'config/**/*.json'")
    whole = hashlib.sha256()
    for pattern in patterns:
        _add(whole, pattern)
    return f"{ALGORITHM}:{whole.hexdigest()}"


def _add(whole: Digest, pattern: object) -> None:
    text = os.fspath(pattern) if isinstance(pattern, os.PathLike) else pattern
    if not isinstance(text, str):
        raise pulumi.RunError("content_digest: a pattern is text or a path, such as 'config/**/*.json'")
    try:
        files = _files(text)
        # Two names may differ in their form of accents alone; the digest then puts them in order.
        named = sorted((_readable(name).encode(*_UTF_8), _digest_file(path)) for name, path in files.items())
    except OSError as error:
        path = error.filename.decode(*_UTF_8) if isinstance(error.filename, bytes) else text
        raise pulumi.RunError(f"content_digest: {path!r} cannot be read: {error.strerror}") from None
    except ValueError:
        raise pulumi.RunError(f"content_digest: {text!r} cannot be read: it is no path") from None
    whole.update(b"%d files\n" % len(files))
    for name, digest in named:
        whole.update(b"%d %s %s\n" % (len(name), name, digest))


def _files(pattern: str) -> dict[bytes, bytes]:
    """Find the files that match: their names and where they are, in bytes, as text depends on the locale."""
    fixed, wild = _split(pattern)
    path = str(fixed).encode(*_UTF_8)
    mode = _mode(path)
    found = {}
    if not wild and stat.S_ISREG(mode):
        found = {os.path.basename(path): path}
    elif wild and stat.S_ISDIR(mode):
        found = dict(_Folder(path, b"", ((os.path.realpath(path), len(wild)),)).files(wild))
    if not found:
        here = os.getcwdb().decode("utf-8", "backslashreplace")
        raise pulumi.RunError(f"content_digest: no file matches {pattern!r}; it was looked for from {here}")
    return found


@dataclass(frozen=True)
class _Folder:
    path: bytes
    name: bytes  # what the names of its files begin with
    way: tuple[tuple[bytes, int], ...]  # the real folders to here, with how many parts of the pattern were left
    repeats: bool = False  # whether one of them is in there twice

    def files(self, parts: tuple[str, ...]) -> Iterator[tuple[bytes, bytes]]:
        left = parts if parts[0] == "**" else parts[1:]
        if left is parts:
            yield from self.files(parts[1:])
        for name in self._names(parts[0]):
            path = os.path.join(self.path, name)
            mode = _mode(path)
            if left and stat.S_ISDIR(mode):
                yield from self._into(name, path, left)
            elif mode and not left:
                if self.repeats:  # how often is the system's choice
                    folder = self.path.decode(*_UTF_8)
                    raise pulumi.RunError(f"content_digest: {folder!r} contains itself through a symbolic link")
                if stat.S_ISREG(mode):
                    yield self.name + name, path

    def _names(self, part: str) -> list[bytes]:
        if not _WILDCARDS & set(part):
            return [part.encode(*_UTF_8)]
        names = (name for name in os.listdir(self.path) if part.startswith(".") or not name.startswith(b"."))
        return [name for name in names if fnmatch(_readable(name), unicodedata.normalize("NFC", part))]

    def _into(self, name: bytes, path: bytes, left: tuple[str, ...]) -> Iterator[tuple[bytes, bytes]]:
        here = (os.path.realpath(path), len(left))
        if self.way.count(here) > 1:
            return  # whatever matches there has matched in the round before
        repeats = self.repeats or any(here[0] == real for real, _ in self.way)
        yield from _Folder(path, self.name + name + b"/", (*self.way, here), repeats).files(left)


def _mode(path: bytes) -> int:
    """What is there; 0 for nothing."""
    try:
        return os.stat(path).st_mode
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
    if os.path.islink(path):
        raise OSError(errno.ENOENT, "it is a link that leads nowhere", path)
    return 0


def _split(pattern: str) -> tuple[Path, tuple[str, ...]]:
    """Part a pattern into its fixed folders and the rest, which begins with the first wildcard."""
    if not pattern.strip():
        raise pulumi.RunError("content_digest: a pattern is empty")
    parts = Path(pattern).parts
    if any("**" in part and part != "**" for part in parts):
        raise pulumi.RunError(f"content_digest: in {pattern!r}, '**' must stand alone between slashes")
    first_wild = next((place for place, part in enumerate(parts) if _WILDCARDS & set(part)), len(parts))
    if ".." in parts[first_wild:]:
        raise pulumi.RunError(f"content_digest: in {pattern!r}, '..' must stand before the first wildcard")
    last = ("*",) if parts[-1:] == ("**",) else ()
    return Path(*parts[:first_wild]), (*parts[first_wild:], *last)


def _readable(name: bytes) -> str:
    # Some file systems hand out names with accents as separate characters.
    return unicodedata.normalize("NFC", name.decode(*_UTF_8))


def _digest_file(path: bytes) -> bytes:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1024 * 1024):
            digest.update(block)
    return digest.hexdigest().encode()
