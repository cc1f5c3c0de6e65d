"""A server of a few lines, for what the simulator does not do."""

import threading
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer


class _Server(ThreadingTCPServer):
    daemon_threads = True


@contextmanager
def serving(handle):
    """Hand every connection to a function, in a thread of its own, and close it afterwards; give the port."""

    class Handler(BaseRequestHandler):
        def handle(self):
            with suppress(OSError):
                handle(self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def saying(answer):
    """Answer whatever comes with the same bytes."""

    def handle(connection):
        connection.recv(65536)
        connection.sendall(answer)

    return handle
