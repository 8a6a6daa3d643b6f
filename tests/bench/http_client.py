"""The smallest HTTP/1.1 client that keeps its connection: what it costs must not show in what it measures.

A request is bytes that were encoded before; of an answer's head only the status and the length are read.
"""

import asyncio
from typing import NamedTuple, Self, cast

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
CODED = b"transfer-encoding:"
BODILESS = (204, 304)


class Answer(NamedTuple):
    """A status, and the body as it came."""

    status: int
    body: bytes


def request_bytes(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST, ready to be sent."""
    fields = f"Host: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    head = f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n"
    return head.encode() + body


def question_bytes(path: str) -> bytes:
    """A GET, ready to be sent."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


class KeepAliveConnection(asyncio.Protocol):
    """One connection with one request at a time. `send` raises ConnectionError when it is lost."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a port of the loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own

    async def send(self, request: bytes) -> Answer:
        """Send a request and return its answer, once all of that has come."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionError("the connection is closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(HEAD_END)
        if head_end < 0:
            return
        head, body_at = bytes(self._received[:head_end]).lower(), head_end + len(HEAD_END)
        status, at = int(head[9:12]), head.find(LENGTH)
        if at < 0 and (CODED in head or status not in BODILESS):
            self._settle(ConnectionError("the answer doesn't say how long it is; this client reads no other"))
            self.close()
            return
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < body_at + length:
            return
        body = bytes(self._received[body_at:])
        self._received.clear()
        self._settle(Answer(status, body))

    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(ConnectionError(f"the connection was lost: {exc}"))

    def _settle(self, outcome: Answer | Exception) -> None:
        if self._answer is None or self._answer.done():
            return
        if isinstance(outcome, Answer):
            self._answer.set_result(outcome)
        else:
            self._answer.set_exception(outcome)

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
