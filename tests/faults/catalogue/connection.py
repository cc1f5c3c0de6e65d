"""Faults of the connection: what is sent is the normal answer, and it does not arrive as it should."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, cast

from pulumi_nao.simulator.replies import Answer, Connection, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

Place = Literal["in the headers", "in the body"]

_PIECE = bytes(64 * 1024)
_BOMB = 64 * 1024 * 1024


@dataclass(frozen=True)
class Stall(Reply):
    """Silence, and the rest of the answer after it."""

    place: Place
    seconds: float
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send a part, pause, and send the rest."""
        sent, held = _halves(connection, normal, self.place)
        connection.send_bytes(sent)
        if connection.pause(self.seconds):
            connection.send_bytes(held)


@dataclass(frozen=True)
class Drip(Reply):
    """The answer, byte by byte."""

    seconds: float
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send the answer, as long as the client wants it."""
        for byte in b"".join(_halves(connection, normal, "in the body")):
            if not connection.pause(self.seconds):
                return
            connection.send_bytes(bytes([byte]))


@dataclass(frozen=True)
class Cut(Reply):
    """The beginning of the answer; then the connection is closed."""

    place: Place
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send a part and close."""
        sent, _ = _halves(connection, normal, self.place)
        connection.send_bytes(sent)
        connection.hang_up()


@dataclass(frozen=True)
class Garbled(Reply):
    """The answer with its bytes changed; then the connection is closed."""

    change: Callable[[bytes, bytes], bytes]
    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send the changed bytes and close."""
        connection.send_bytes(self.change(*connection.encode(_in_one_piece(normal))))
        connection.hang_up()


@dataclass(frozen=True)
class Endless(Reply):
    """The answer's head, and a body without an end."""

    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send zeros until the client goes away."""
        answer = _in_one_piece(normal)
        head, _ = connection.encode(replace(answer, headers={**answer.headers, "content-length": str(2**40)}))
        connection.send_bytes(head)
        while connection.pause(0):
            connection.send_bytes(_PIECE)


@dataclass(frozen=True)
class Bomb(Reply):
    """A body of a few kilobytes that says it is gzip, and would be 64 MiB of zeros."""

    after_effect: bool = True

    def send(self, connection: Connection, normal: Answer | None) -> None:
        """Send it."""
        answer = _in_one_piece(normal)
        headers = {**answer.headers, "content-encoding": "gzip"}
        connection.send_answer(replace(answer, headers=headers, body=_packed_zeros()))


@lru_cache
def _packed_zeros() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(bytes(_BOMB)) + packer.flush()


def with_length(length: Callable[[int], str]) -> Callable[[bytes, bytes], bytes]:
    """Make a change of `Content-Length`."""

    def change(head: bytes, body: bytes) -> bytes:
        return head.replace(b"content-length: %d" % len(body), f"content-length: {length(len(body))}".encode()) + body

    return change


def with_header(lines: bytes) -> Callable[[bytes, bytes], bytes]:
    """Make a change that adds header lines."""
    return lambda head, body: head.replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n", 1) + body


def in_bad_chunks(head: bytes, body: bytes) -> bytes:
    """Send the body in chunks whose length is no number."""
    chunked = head.replace(b"content-length: %d" % len(body), b"transfer-encoding: chunked")
    return chunked + b"zz\r\n" + body + b"\r\n0\r\n\r\n"


def _halves(connection: Connection, normal: Answer | None, place: Place) -> tuple[bytes, bytes]:
    head, body = connection.encode(_in_one_piece(normal))
    middle = len(head) // 2 if place == "in the headers" else len(head) + len(body) // 2
    whole = head + body
    return whole[:middle], whole[middle:]


def _in_one_piece(normal: Answer | None) -> Answer:
    answer = cast("Answer", normal)
    headers = {name: value for name, value in answer.headers.items() if name.lower() != "transfer-encoding"}
    return replace(answer, headers=headers)
