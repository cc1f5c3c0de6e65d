"""The developer's own `pulumi` on PATH: taken when it is suitable, otherwise passed over with a reason."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from found import Engine, EngineError

# The same bounds as the `pulumi` requirement in pyproject.toml.
OLDEST = (3, 216, 0)
TOO_NEW = 4

ANSWER_LIMIT = 20.0


def own_engine(search_path: str, cache: Path) -> Engine | None:
    """Look at the `pulumi` on PATH.

    Args:
        search_path: PATH, as the environment has it.
        cache: The cache folder; what lies there is no engine of the developer's own.

    Returns:
        The engine, with the folders it was found in; nothing if there is no `pulumi`.

    Raises:
        EngineError: If it is not suitable.
    """
    elsewhere = os.pathsep.join(
        folder
        for folder in search_path.split(os.pathsep)
        if folder and not Path(folder).resolve().is_relative_to(cache)
    )
    found = shutil.which("pulumi", path=elsewhere)
    if found is None:
        return None
    pulumi = Path(found).absolute()
    version = version_of(pulumi)
    numbers = tuple(int(number) for number in version.split("-")[0].split("."))
    oldest = ".".join(str(number) for number in OLDEST)
    if numbers < OLDEST:
        raise EngineError(f"{pulumi} is {version}, older than {oldest}")
    if numbers[0] >= TOO_NEW:
        raise EngineError(f"{pulumi} is {version}; this project needs {oldest} or newer, below {TOO_NEW}")
    return Engine(version, "PATH", _folders(pulumi, elsewhere))


def version_of(pulumi: Path) -> str:
    """Ask a CLI for its version.

    Args:
        pulumi: The executable.

    Returns:
        The version without the leading `v`.

    Raises:
        EngineError: If it does not run, or answers something else.
    """
    try:
        answer = subprocess.run(
            [pulumi, "version"],
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_LIMIT,
            check=False,
        )
    except OSError as error:
        raise EngineError(f"{pulumi} does not run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{pulumi} did not tell its version within {ANSWER_LIMIT:.0f} seconds") from error
    version = re.fullmatch(r"v?(\d+\.\d+\.\d+(-[\w.]+)?)(\+[\w.-]+)?", answer.stdout.strip())
    if answer.returncode or version is None:
        said = (answer.stdout.strip() or answer.stderr.strip() or "nothing").splitlines()[0]
        raise EngineError(f"{pulumi} does not tell its version: exit code {answer.returncode}, said {said!r}")
    return version[1]


def _folders(pulumi: Path, search_path: str) -> tuple[Path, ...]:
    language_host = "pulumi-language-python"
    # The engine looks beside itself where symbolic links end, as with Homebrew.
    if shutil.which(language_host, path=str(pulumi.resolve().parent)):
        return (pulumi.parent,)
    found = shutil.which(language_host, path=search_path)
    if found is None:
        raise EngineError(f"{pulumi} has no {language_host} beside it, nor is one on PATH")
    # A dict keeps the order and drops the second when both are the same folder.
    return tuple(dict.fromkeys((pulumi.parent, Path(found).absolute().parent)))
