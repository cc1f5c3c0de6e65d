"""The gRPC server: its start, its port on stdout, and its quiet end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

import grpc.aio
from language_service import LanguageService
from messages import add_LanguageRuntimeServicer_to_server

if TYPE_CHECKING:
    from pathlib import Path

# The engine kills a plugin five seconds after it asked it to end.
_GRACE = 4.0
_ENGINE_CHECK_EVERY = 1.0
_LARGEST_MESSAGE = 400 * 1024 * 1024


def serve(engine: str, executor: Path) -> int:
    """Serve until a signal comes, or the engine is gone.

    Args:
        engine: The engine's address; it may also come with the handshake.
        executor: The script that runs programs.

    Returns:
        The exit code.
    """
    asyncio.run(_serve(LanguageService(engine, executor)))
    return 0


async def _serve(service: LanguageService) -> None:
    # An asynchronous server has no threads to run out of: Cancel gets through however much is going on.
    server = grpc.aio.server(
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
        ]
    )
    add_LanguageRuntimeServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()

    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    # An engine that was killed cannot end its plugins: without a look at it they would stay for good.
    engine_process = os.getppid()
    print(port, flush=True)
    while not ended.is_set() and os.getppid() == engine_process:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(ended.wait(), _ENGINE_CHECK_EVERY)

    service.stop_programs()
    await server.stop(_GRACE)
