"""Pack the native plugin as Pulumi installs plugins: an archive with an executable `pulumi-resource-nao`.

Pulumi asks for an archive of the machine's kind. This one is the same for all: it holds the package alone, and the
machine's own `python3` runs it.
"""

from __future__ import annotations

import gzip
import io
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MACHINES = ("linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64")
_LAUNCHER = b'''#!/usr/bin/env python3
"""Starts the plugin `nao`, whose package lies beside this file."""

import sys

try:
    import pydantic
    import requests

    from pulumi_nao.plugin.serve import main
except (ImportError, SyntaxError) as error:
    sys.exit(
        f"error: the plugin nao cannot start with {sys.executable} ({error}): it needs Python 3.10 or later with the "
        "packages pulumi, requests and pydantic, as `python3 -m pip install pulumi requests pydantic` brings them"
    )
sys.exit(main())
'''


def pack(folder: Path) -> list[Path]:
    """Write the archives.

    Args:
        folder: Where to; made if it is missing.

    Returns:
        The files, one for each kind of machine.
    """
    version: dict[str, str] = {}
    exec((ROOT / "pulumi_nao" / "_version.py").read_text(), version)  # noqa: S102 - it is ours
    files = sorted(path for path in (ROOT / "pulumi_nao").rglob("*") if path.suffix in (".py", ".typed", ".json"))
    written = io.BytesIO()
    # The same input gives the same bytes: no times, no owners.
    with (
        gzip.GzipFile(fileobj=written, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        _add(archive, "pulumi-resource-nao", _LAUNCHER, 0o755)
        for path in (ROOT / "LICENSE", *files):
            _add(archive, str(path.relative_to(ROOT)), path.read_bytes(), 0o644)
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / f"pulumi-resource-nao-v{version['__version__']}-{machine}.tar.gz" for machine in MACHINES]
    for file in made:
        file.write_bytes(written.getvalue())
    return made


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    archive.addfile(entry, io.BytesIO(content))


if __name__ == "__main__":
    for archive in pack(Path(sys.argv[1])):
        print(archive)
