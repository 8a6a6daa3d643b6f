"""As much of a WebSocket client (RFC 6455) as following the dashboard takes: text frames in, small ones out."""

from __future__ import annotations

import base64
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

_CONTINUATION, _TEXT, _CLOSE, _PING, _PONG = 0x0, 0x1, 0x8, 0x9, 0xA
MAX_FRAME_BYTES = 64 * 1024**2
_FINAL, _MASKED = 0x80, 0x80


class WebSocketError(OSError):
    """The server did not speak WebSocket, or closed the connection."""


class WebSocket:
    """One connection. Raises OSError when it cannot be opened."""

    def __init__(self, url: str, timeout_s: float, headers: Mapping[str, str] | None = None) -> None:
        address = urlsplit(url)
        self._buffer = b""
        self._socket = socket.create_connection((address.hostname or "", address.port or 80), timeout_s)
        try:
            self._open(url, address, headers or {})
        except OSError:
            self._socket.close()
            raise

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for a message
        self._socket.close()

    def send(self, text: str) -> None:
        """Send a text message. Raises OSError when the connection is gone."""
        self._send(_TEXT, text.encode())

    def _send(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        if size < 126:
            length = bytes([_MASKED | size])
        elif size < 65_536:
            length = bytes([_MASKED | 126]) + size.to_bytes(2, "big")
        else:
            raise ValueError(f"a message of {size} bytes is too large to send")
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self._socket.sendall(bytes([_FINAL | kind]) + length + mask + masked)

    def _open(self, url: str, address: SplitResult, headers: Mapping[str, str]) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(
            f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{more}\r\n".encode()
        )
        status_line = self._until(b"\r\n\r\n").decode(errors="replace").partition("\r\n")[0]
        if " 101 " not in status_line:
            raise WebSocketError(f"{url} answered {status_line}")

    def message(self, timeout_s: float) -> bytes:
        """Wait for the next text message. Raises TimeoutError, WebSocketError when the connection ends."""
        self._socket.settimeout(timeout_s)
        parts: list[bytes] = []
        while True:
            first, second = self._exactly(2)
            payload = self._exactly(self._length(second & 0x7F))
            kind, is_last = first & 0x0F, bool(first & 0x80)
            if kind == _CLOSE:
                raise WebSocketError(f"closed with {int.from_bytes(payload[:2], 'big') if payload else 'no code'}")
            if kind == _PING:
                with suppress(OSError):  # whether the other end is gone is known by reading on
                    self._send(_PONG, payload)
            if kind in (_TEXT, _CONTINUATION):
                parts.append(payload)
                if is_last:
                    return b"".join(parts)

    def _length(self, short: int) -> int:
        if short < 126:
            return short
        size = 2 if short == 126 else 8
        length = int.from_bytes(self._exactly(size), "big")
        if length > MAX_FRAME_BYTES:
            raise WebSocketError(f"a frame of {length} bytes")
        return length

    def _exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._receive()
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        return taken

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._receive()
        taken, _, self._buffer = self._buffer.partition(mark)
        return taken

    def _receive(self) -> None:
        piece = self._socket.recv(65536)
        if not piece:
            raise WebSocketError("the server ended the connection")
        self._buffer += piece
