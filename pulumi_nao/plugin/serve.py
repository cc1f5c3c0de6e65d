"""`pulumi-resource-nao`: serves the plugin until the engine ends it."""

from __future__ import annotations

import signal
import sys
from queue import SimpleQueue

import grpc
from pulumi.runtime.proto.provider_pb2_grpc import add_ResourceProviderServicer_to_server

from pulumi_nao.host import MOST_CALLS, SPARE_THREADS, TOO_FEW_THREADS, print_line
from pulumi_nao.plugin.servicer import QUICK_CALLS, Provider
from pulumi_nao.waiting.threads import ACTION_THREADS, POLL_THREADS, ThreadPool, could_start, has_room

# Seconds for calls that are cancelled to be answered: the answer to a POST names the job.
_GRACE = 15.0


def main() -> int:
    over: SimpleQueue[None] = SimpleQueue()  # which a signal may interrupt anywhere, unlike an event
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.put(None))
    # The engine's flags, such as --tracing, stand before its address.
    words = sys.argv[1:]
    address = words[-1] if words and not words[-1].startswith("-") else ""
    calls = ThreadPool("nao-call", MOST_CALLS)
    pools = (QUICK_CALLS, ACTION_THREADS, POLL_THREADS, calls)
    for workers in pools:
        workers.prepare()
    if not (has_room() or could_start(SPARE_THREADS)):
        print_line(TOO_FEW_THREADS)
        return 1
    provider = Provider(address, lambda: over.put(None), pools)
    unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(calls, options=unlimited)
    add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    over.get()
    provider.cancel()
    server.stop(_GRACE).wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
