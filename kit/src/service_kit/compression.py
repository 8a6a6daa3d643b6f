"""Compresses answers for clients that take zstd or gzip. Pure ASGI; large bodies in a thread, off the event loop.

For services whose answers are large: none of the ready-made middlewares compresses outside of the event loop.
"""

import asyncio
import zlib
from typing import Final, Protocol

from backports import zstd
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MIN_BYTES: Final = 2048
"""A smaller answer goes as it is: it fits into one or two packets anyway."""
THREAD_BYTES: Final = 64 * 1024
"""From here on a piece is compressed in a thread: gzip takes some milliseconds for it."""
_GZIP_LEVEL: Final = 5
_ZSTD_LEVEL: Final = 3
_GZIP_FORMAT: Final = 31
_TYPES: Final = frozenset(
    {
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
        "application/javascript",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
        "text/plain",
    }
)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


class Compression:
    """ASGI middleware: answers of a kind that shrinks, from `MIN_BYTES` on, in the coding that the client prefers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; only HTTP requests are touched."""
        if scope["type"] == "http" and (coding := coding_of(Headers(scope=scope).get("accept-encoding", ""))):
            send = _Answer(send, coding)
        await self._app(scope, receive, send)


def coding_of(accepted: str) -> str | None:
    """The coding of `Accept-Encoding` with the greatest weight that is there: zstd before gzip (RFC 9110, 12.5.3)."""
    weights: dict[str, float] = {}
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        weights[name.strip()] = _weight(parameters)
    known = {coding: weights.get(coding, 0.0) for coding in ("zstd", "gzip")}
    best = max(known, key=known.__getitem__)
    return best if known[best] > 0 else None


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class _Answer:
    """Sends one answer, compressed if it is worth it; its head is held back until the first piece of the body."""

    def __init__(self, send: Send, coding: str) -> None:
        self._send = send
        self._coding = coding
        self._head: Message | None = None
        self._compressor: _Compressor | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _may_shrink(message):
                self._head = message
                return
        elif message["type"] == "http.response.body":
            message = await self._body(message)
        await self._send(message)

    async def _body(self, message: Message) -> Message:
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        head, self._head = self._head, None
        if head is not None:
            headers = MutableHeaders(raw=list(head["headers"]))
            headers.add_vary_header("Accept-Encoding")
            if not is_last or len(body) >= MIN_BYTES:
                self._compressor = _compressor(self._coding)
                headers["Content-Encoding"] = self._coding
                if (tag := headers.get("etag", "W/")) and not tag.startswith("W/"):
                    headers["ETag"] = f"W/{tag}"  # the same answer, not the same bytes
                body = await self._compressed(body, is_last=is_last)
                del headers["content-length"]
                if is_last:
                    headers["Content-Length"] = str(len(body))
            await self._send({**head, "headers": headers.raw})
            return {**message, "body": body}
        if self._compressor is None:
            return message
        return {**message, "body": await self._compressed(body, is_last=is_last)}

    async def _compressed(self, body: bytes, *, is_last: bool) -> bytes:
        compressor = self._compressor
        assert compressor is not None  # noqa: S101 - made with the head

        def work() -> bytes:
            return compressor.compress(body) + (compressor.flush() if is_last else b"")

        return work() if len(body) < THREAD_BYTES else await asyncio.to_thread(work)


def _may_shrink(head: Message) -> bool:
    headers = Headers(raw=head["headers"])
    media_type = headers.get("content-type", "").partition(";")[0].strip()
    return head["status"] not in (204, 206, 304) and media_type in _TYPES and "content-encoding" not in headers


def _compressor(coding: str) -> _Compressor:
    if coding == "gzip":
        return zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
    return zstd.ZstdCompressor(_ZSTD_LEVEL)
