"""The smallest HTTP/1.1 client that keeps its connection: what it costs must not show in what it measures.

A request is bytes that were encoded before; of an answer only the status is kept.
"""

import asyncio
from typing import Self, cast

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


def request_bytes(path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """A POST, ready to be sent."""
    fields = f"Host: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    head = f"POST {path} HTTP/1.1\r\n{fields}\r\n\r\n"
    return head.encode() + body


class KeepAliveConnection(asyncio.Protocol):
    """One connection with one request at a time. `post` raises ConnectionError when it is lost."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = bytearray()
        self._answer: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect to a port of the loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own

    async def post(self, request: bytes) -> int:
        """Send a request and return the status of its answer, once all of that has come."""
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
        head = bytes(self._received[:head_end]).lower()
        at = head.find(LENGTH)
        length = int(head[at + len(LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._received) < head_end + len(HEAD_END) + length:
            return
        self._received.clear()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the connection was lost: {exc}"))

    def close(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()
