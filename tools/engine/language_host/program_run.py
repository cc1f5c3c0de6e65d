"""Programs while they run: started, waited for, and interrupted when the engine says so."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from messages import language_pb2 as proto

# As long as the official host gives a program to end.
_GRACE = 5.0


class Programs:
    """All programs of one language host; stopped together, once and for good."""

    def __init__(self) -> None:
        self._stopped = asyncio.Event()

    async def run(self, command: Sequence[str], environ: Mapping[str, str]) -> int:
        """Run a program to its end, or until all are stopped.

        Args:
            command: The program and its arguments.
            environ: Its whole environment.

        Returns:
            Its exit code; below zero when a signal ended it.
        """
        program = await asyncio.create_subprocess_exec(*command, env=environ, stdin=asyncio.subprocess.DEVNULL)
        waits = [asyncio.ensure_future(wait) for wait in (program.wait(), self._stopped.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            code = await end(program)
        return code

    def stop(self) -> None:
        """Interrupt every program, those about to start included."""
        self._stopped.set()


async def end(process: asyncio.subprocess.Process) -> int:
    """Interrupt a process unless it has ended, and kill it if it takes no notice.

    Args:
        process: The process.

    Returns:
        Its exit code.
    """
    if process.returncode is None:
        process.send_signal(signal.SIGINT)
    try:
        return await asyncio.wait_for(process.wait(), _GRACE)
    except asyncio.TimeoutError:
        process.kill()
        return await process.wait()


def program_arguments(request: proto.RunRequest, engine: str) -> list[str]:
    """Translate the engine's request into the arguments of the script that runs programs.

    Args:
        request: The request.
        engine: The engine's address.

    Returns:
        The arguments; options without a value are left out.
    """
    options = {
        "monitor": request.monitor_address,
        "engine": engine,
        "project": request.project,
        "root_directory": request.info.root_directory,
        "stack": request.stack,
        "pwd": request.pwd,
        "dry_run": "true" if request.dryRun else "false",
        "parallel": str(request.parallel),
        "organization": request.organization,
    }
    given = [part for name, value in options.items() if value for part in (f"--{name}", value)]
    return [*given, request.info.entry_point, *request.args]


def configuration(request: proto.RunRequest) -> dict[str, str]:
    """Write the stack's configuration as the SDK reads it: decrypted, in environment variables of the program."""
    variables = {"PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys))}
    if request.config:
        variables["PULUMI_CONFIG"] = json.dumps(dict(request.config))
    return variables
