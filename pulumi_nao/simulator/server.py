"""The HTTP server: sockets, threads, and one exchange from its request line to the log."""

from __future__ import annotations

import re
import socket
import socketserver
import struct
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from pulumi_nao._version import __version__
from pulumi_nao.simulator.log import RequestLog, without_secrets
from pulumi_nao.simulator.request import Request
from pulumi_nao.simulator.routes import Api, Call

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from pulumi_nao.simulator.replies import Answer
    from pulumi_nao.simulator.scripts import Scripts
    from pulumi_nao.simulator.world import World

_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
_LOOK_FOR_STOP = 0.05
_LOOK_FOR_CLIENT = 0.02
_LONGEST_GOODBYE = 5.0


@dataclass(frozen=True)
class Service:
    """What stands behind the sockets."""

    world: World
    api: Api
    scripts: Scripts
    log: RequestLog
    on_request: Callable[[Request], None]


class Server(ThreadingHTTPServer):
    """Accepts connections from its making until `stop`, each in a thread of its own."""

    daemon_threads = True
    request_queue_size = 1024
    allow_reuse_address = sys.platform != "win32"  # there, it would let two servers share a port
    allow_reuse_port = False

    def __init__(self, host: str, port: int, service: Service) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.service = service
        self._port = threading.Lock()  # held by whoever opens or closes it
        self._stopping = threading.Event()
        self._comeback: threading.Thread | None = None
        # Used by the accepting thread, and by others after that thread has ended.
        self._connections: dict[threading.Thread, socket.socket] = {}
        super().__init__((host, port), Exchange)
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}"
        self._open_port()

    def stop(self) -> None:
        """Close every connection and wait for the threads to end."""
        self._stopping.set()
        if self._comeback:
            self._comeback.join()
        with self._port:
            self._close_port()
        deadline = time.monotonic() + _LONGEST_GOODBYE
        for thread in self._connections:
            thread.join(max(0.0, deadline - time.monotonic()))

    def refuse(self, seconds: float) -> None:
        """Close the port and every connection but the caller's own, and come back later unless it is stopped."""
        with self._port:
            if self._stopping.is_set() or (self._comeback and self._comeback.is_alive()):
                return
            self._close_port()
            self._comeback = threading.Thread(target=self._come_back, args=(seconds,), name="nao-simulator-comeback")
            self._comeback.start()

    def _come_back(self, seconds: float) -> None:
        if not self._stopping.wait(seconds):
            with self._port:
                self.socket = socket.socket(self.address_family, self.socket_type)
                self.server_bind()
                self.server_activate()
                self._open_port()

    def _open_port(self) -> None:
        self._acceptor = threading.Thread(
            target=self.serve_forever,
            args=(_LOOK_FOR_STOP,),
            name="nao-simulator",
            daemon=True,
        )
        self._acceptor.start()

    def _close_port(self) -> None:
        with suppress(OSError):  # wakes the accepting thread at once, where the system can
            self.socket.shutdown(socket.SHUT_RDWR)
        self.shutdown()
        self._acceptor.join()
        self.server_close()
        for thread, connection in self._connections.items():
            if thread is not threading.current_thread():
                with suppress(OSError):  # closed already
                    connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Bind without asking the name service for the host's full name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment] # str for IP

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the standard library
        """Serve a connection in a thread, and remember both for `stop`."""
        thread = threading.Thread(
            target=self.process_request_thread,
            args=(request, client_address),
            name="nao-simulator-connection",
            daemon=True,
        )
        thread.start()
        self._connections = {other: connection for other, connection in self._connections.items() if other.is_alive()}
        self._connections[thread] = request

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as the standard library
        """Print what went wrong, unless the client has just gone away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Exchange(BaseHTTPRequestHandler):
    """The requests of one connection, and their answers. It is the `Connection` that replies write on."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server
    origin: str
    _place: int  # in the log, of the request that is being answered

    @property
    def now(self) -> datetime:
        """The simulator's time of day in UTC."""
        return self.server.service.world.now()

    def send_answer(self, answer: Answer) -> None:
        """Send an answer, whole and in one piece."""
        self.send_bytes(b"".join(self.encode(answer)))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.wfile.write(data)

    def pause(self, seconds: float) -> bool:
        """Wait, but not longer than client and simulator do; tell whether the client is still there."""
        end = time.monotonic() + seconds
        while not self._client_has_gone():
            left = end - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, _LOOK_FOR_CLIENT))
        self.hang_up()
        return False

    def hang_up(self) -> None:
        """Close the connection; what was not sent so far never will be."""
        self.close_connection = True

    def reset(self) -> None:
        """Close the connection with a TCP reset."""
        self.hang_up()
        # Closing resets, unless the server shuts the connection down in good order before.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def refuse(self, seconds: float) -> None:
        """Close the connection and the port, so that new connections are refused, and open the port again later."""
        self.hang_up()
        self.server.refuse(seconds)

    def _client_has_gone(self) -> bool:
        try:
            self.connection.settimeout(0)
            return not self.connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        finally:
            with suppress(OSError):
                self.connection.settimeout(None)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the standard library names it
        """Print nothing: the log of requests is the caller's."""

    def _exchange(self) -> None:
        body = self._read_body()
        if body is None:
            return
        service = self.server.service
        call = self._call(body)
        self.origin = call.origin
        request = self._request(call)
        self._place = service.log.add(request)
        try:
            reply = service.scripts.next(request)
            if reply is None or reply.after_effect:
                outcome = service.api.handle(call)
                service.log.note_job(self._place, outcome.job)
                (reply or outcome.answer).send(self, outcome.answer)
            else:
                reply.send(self, None)
        finally:
            service.on_request(service.log[self._place])

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = _exchange  # noqa: N815 - http.server's

    def _read_body(self) -> bytes | None:
        if "transfer-encoding" in self.headers:
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
            return None
        length = self.headers.get("content-length", "0")
        if not length.isdecimal():
            self.send_error(HTTPStatus.BAD_REQUEST)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client has gone: what it did not send to its end has no effect
            self.close_connection = True
            return None
        return body

    def _call(self, body: bytes) -> Call:
        headers: dict[str, str] = {}
        for name, value in self.headers.items():
            before = headers.get(name.lower())
            headers[name.lower()] = value if before is None else f"{before}, {value}"
        target = self.requestline.split()[1]  # `self.path` would hide a doubled slash
        host = headers.get("host", "")
        origin = f"http://{host}" if _HOST.fullmatch(host) else self.server.url
        return Call(self.command, target.partition("?")[0], headers, body, origin)

    def _request(self, call: Call) -> Request:
        world = self.server.service.world
        route, site = self.server.service.api.route(call)
        return Request(
            time=world.now(),
            method=call.method,
            path=call.path,
            route=route,
            site=site,
            headers=without_secrets(call.headers),
            key="right" if world.knows(call.key) else "wrong" if call.key else "missing",
            body_size=len(call.body),
            body=call.json if route == "action" else None,
        )

    def encode(self, answer: Answer) -> tuple[bytes, bytes]:
        """Write an answer's head and body as `send_answer` would send them, for `send_bytes`."""
        self.server.service.log.note_status(self._place, int(answer.status))
        headers = {
            "date": format_datetime(self.now, usegmt=True),
            "server": f"pulumi_nao-simulator/{__version__}",
        }
        if answer.content_type:
            headers["content-type"] = answer.content_type
        headers.update((name.lower(), value) for name, value in answer.headers.items())
        content = answer.content
        if self.request_version != "HTTP/1.1":  # knows neither chunks nor connections that stay open
            headers.pop("transfer-encoding", None)
            self.close_connection = True
        if headers.get("transfer-encoding") == "chunked":
            content = (b"%x\r\n%b\r\n" % (len(content), content) if content else b"") + b"0\r\n\r\n"
        elif answer.status not in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED}:
            headers.setdefault("content-length", str(len(content)))
        if headers.get("connection", "").lower() == "close":
            self.close_connection = True
        elif self.close_connection:
            headers["connection"] = "close"
        phrase = HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else ""
        lines = [f"HTTP/1.1 {answer.status:d} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        return head, b"" if self.command == "HEAD" else content
