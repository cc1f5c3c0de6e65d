"""What a project depends on: installed with pip, listed, and searched for resource plugins."""

from __future__ import annotations

import asyncio
import json
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from program_run import end
from project_python import ProjectError, ProjectPython, python_on_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

_CHUNK = 64 * 1024
# pip need not ask the network whether it is the newest.
_PIP = {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}


@dataclass(frozen=True)
class Said:
    """A piece of what a command wrote.

    Attributes:
        text: The bytes as they came.
        is_error: Whether they came on stderr.
    """

    text: bytes
    is_error: bool = False


async def install(python: ProjectPython, program: Path) -> AsyncIterator[Said]:
    """Make the virtual environment if it is missing, and install the project's requirements.

    Args:
        python: The project's Python.
        program: The folder with requirements.txt, if the project has one.

    Yields:
        What the commands write, and what they are for.

    Raises:
        ProjectError: If a command fails.
    """
    yield Said(b"Installing dependencies...\n\n")
    if not python.exists:
        yield Said(b"Creating virtual environment...\n")
        creation = [python_on_path(), "-m", "venv", str(python.folder)]
        async for said in _stream("creating virtual environment", creation, ProjectPython().environment(), program):
            yield said
        yield Said(b"Finished creating virtual environment\n")
    if (program / "requirements.txt").exists():
        command = python.command("-m", "pip", "install", "-r", "requirements.txt")
        async for said in _stream("installing dependencies", command, python.environment() | _PIP, program):
            yield said
    yield Said(b"Finished installing dependencies\n\n")


async def listed(python: ProjectPython, *, transitive: bool) -> list[dict[str, str]]:
    """List the installed packages.

    Args:
        python: The project's Python.
        transitive: Whether to list what only other packages need.

    Returns:
        A `name` and a `version` each.

    Raises:
        ProjectError: If pip fails.
    """
    command = python.command("-m", "pip", "list", "--format", "json", *(() if transitive else ("--not-required",)))
    packages: list[dict[str, str]] = await _answer(command, python.environment() | _PIP)
    return packages


async def described(python: ProjectPython) -> dict[str, str]:
    """Ask the project's Python for its `executable`, its `version` and the version of `pip`.

    Args:
        python: The project's Python.

    Returns:
        The three texts.

    Raises:
        ProjectError: If it does not run.
    """
    answer: dict[str, str] = await _answer(_script(python, "ask_python.py"), python.environment())
    return answer


async def plugins(python: ProjectPython) -> list[dict[str, Any]]:
    """Find the resource plugins that the installed packages need.

    Args:
        python: The project's Python.

    Returns:
        The fields of a `PackageDependency` each.

    Raises:
        ProjectError: If it does not run, or a package describes its plugin wrongly.
    """
    answer: list[dict[str, Any]] = await _answer(_script(python, "ask_plugins.py"), python.environment())
    return answer


def _script(python: ProjectPython, name: str) -> list[str]:
    return python.command(str(Path(__file__).with_name(name)))


async def _answer(command: Sequence[str], environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON is anything
    said = bytearray()
    async for piece in _stream("asking the project's Python", command, environ, Path()):
        if not piece.is_error:
            said += piece.text
    return json.loads(said)


async def _stream(
    doing: str, command: Sequence[str], environ: Mapping[str, str], folder: Path
) -> AsyncIterator[Said]:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
    except OSError as error:
        raise ProjectError(f"{doing} via '{shlex.join(command)}': {error.strerror}") from error
    said: asyncio.Queue[Said | None] = asyncio.Queue()
    reading = asyncio.ensure_future(_read_both(process, said))
    errors = b""
    try:
        while (piece := await said.get()) is not None:
            if piece.is_error:
                errors += piece.text
            yield piece
        code = await process.wait()
    finally:
        reading.cancel()
        await end(process)
    if code:
        told = errors.decode(errors="replace").strip()
        raise ProjectError(f"{doing} via '{shlex.join(command)}': exit status {code}" + (f": {told}" if told else ""))


async def _read_both(process: asyncio.subprocess.Process, said: asyncio.Queue[Said | None]) -> None:
    async def read(stream: asyncio.StreamReader | None, *, is_error: bool) -> None:
        while stream is not None and (text := await stream.read(_CHUNK)):
            said.put_nowait(Said(text, is_error))

    await asyncio.gather(read(process.stdout, is_error=False), read(process.stderr, is_error=True))
    said.put_nowait(None)
