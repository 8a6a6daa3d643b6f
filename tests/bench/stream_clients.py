"""Many light WebSocket clients in one process: they read frames, count them and hand the text on."""

import asyncio
import base64
import os
from collections.abc import Callable

OnText = Callable[[bytes], None]


class LightClient(asyncio.Protocol):
    """A client of a server that sends unfragmented, unmasked text frames, as the standard has it. Answers pings."""

    def __init__(self, path: str, first: str, on_text: OnText) -> None:
        self._path = path
        self._first = first
        self._on_text = on_text
        self._buffer = bytearray()
        self._is_open = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Read what came."""
        self._buffer += data
        if not self._is_open:
            head, mark, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if not mark:
                return
            assert b" 101 " in head.splitlines()[0], head
            self._is_open = True
            self._buffer = bytearray(rest)
            for line in self._first.splitlines():
                self.say(line)
            self.opened.set_result(None)
        while self._read_frame():
            pass

    def say(self, text: str) -> None:
        """Send a text message of less than 64 KiB."""
        self._send(0x81, text.encode())

    def _send(self, head: int, payload: bytes) -> None:
        size = len(payload)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        # A mask of zeros leaves the payload as it is.
        self.transport.write(bytes([head]) + length + b"\0\0\0\0" + payload)

    def _read_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1], 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return False
            size = int.from_bytes(buffer[2:start], "big")
        if len(buffer) < start + size:
            return False
        kind, payload = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        if kind == 0x9:
            self._send(0x8A, payload)
        elif kind == 0x1:
            self.frames += 1
            self._on_text(payload)
        return True


async def connect(port: int, path: str, firsts: list[str], on_text: Callable[[int, bytes], None]) -> list[LightClient]:
    """Connect a client for each of `firsts`, the lines that it sends at first; `on_text` is told which one it was."""
    loop = asyncio.get_running_loop()
    clients: list[LightClient] = []
    for number, first in enumerate(firsts):

        def made(number: int = number, first: str = first) -> LightClient:
            return LightClient(path, first, lambda text: on_text(number, text))

        _, client = await loop.create_connection(made, "127.0.0.1", port)
        await client.opened
        clients.append(client)
    return clients
