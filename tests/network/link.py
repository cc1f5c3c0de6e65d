"""A link that does to bytes what a broken network does, below TLS and all else."""

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """What becomes of the bytes in one direction from now on.

    Attributes:
        kind: `silence` swallows them, `reset` and `close` end the connection.
        stream: `upstream` (requests) or `downstream` (answers).
        after: How many bytes of a connection still pass.
    """

    kind: str
    stream: str
    after: int = 0


class Link:
    """A port in front of a server, whole until a fault is laid on it."""

    def __init__(self, upstream):
        self._upstream = upstream.rpartition(":")[2]
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._fault = None
        self._connections = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()

    def lay(self, kind, stream, after=0):
        """Lay a fault on all connections, those that are open too."""
        self._fault = Fault(kind, stream, after)

    def mend(self):
        """Make the link whole again."""
        self._fault = None

    def close(self):
        """End everything."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        for client, server, thread in self._connections:
            _end(client)
            _end(server)
            thread.join()

    def _accept(self):
        with contextlib.suppress(OSError):  # it is closed
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", int(self._upstream)))
                thread = threading.Thread(target=self._serve, args=(client, server))
                self._connections.append((client, server, thread))
                thread.start()

    def _serve(self, client, server):
        reset = threading.Event()
        with client, server:
            requests = threading.Thread(target=self._pump, args=(client, server, "upstream", reset))
            requests.start()
            self._pump(server, client, "downstream", reset)
            requests.join()
            if reset.is_set():  # which is what closing does to the client's connection now
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _pump(self, source, sink, stream, reset):
        met, left = None, 0
        with contextlib.suppress(OSError):  # the other direction has ended the connection
            while chunk := source.recv(65536):
                fault = self._fault
                if not fault or fault.stream != stream:
                    sink.sendall(chunk)
                    continue
                if fault is not met:
                    met, left = fault, fault.after
                sink.sendall(chunk[:left])
                left = max(left - len(chunk), 0)
                if left == 0 and fault.kind != "silence":
                    if fault.kind == "reset":
                        reset.set()
                    break
        # Whoever reads wakes up; a goodbye must not go before a reset.
        for connection in (source, sink):
            _end(connection, socket.SHUT_RD if reset.is_set() else socket.SHUT_RDWR)


def _end(connection, how=socket.SHUT_RDWR):
    with contextlib.suppress(OSError):  # it has ended
        connection.shutdown(how)
