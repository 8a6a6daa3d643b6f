"""Content codings of a request's body, decompressed in bounded steps (RFC 9110 section 8.4.1, RFC 8878). Pure."""

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

from backports import zstd

from ingest_api.errors import MalformedBodyError, UnsupportedMediaTypeError

PIECE_BYTES = 64 * 1024
MAX_FRAMES = 1_000
"""A body may be several gzip members or zstd frames; so many of them are an attack on the processor."""

_GZIP = 16 + zlib.MAX_WBITS
_ZSTD_OPTIONS: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 23}
"""8 MiB, what RFC 9659 allows a sender."""


class Frame(Protocol):
    """The decompressor of one gzip member or zstd frame."""

    @property
    def eof(self) -> bool:
        """Whether the frame is complete."""

    @property
    def unused_data(self) -> bytes:
        """What came after its end."""

    def decompress(self, data: bytes, max_length: int) -> bytes:
        """At most `max_length` bytes of output; more of it comes when called again."""


class _GzipMember:
    """zlib's object keeps no input by itself, as zstd's does."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(_GZIP)
        self._rest = b""

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        piece = self._object.decompress(self._rest + data, max_length)
        self._rest = self._object.unconsumed_tail
        return piece


class Decompressor:
    """Decompresses a body, chunk by chunk."""

    def __init__(self, coding: str, new_frame: Callable[[], Frame]) -> None:
        self._coding = coding
        self._new_frame = new_frame
        self._frame = new_frame()
        self._frames = 1

    def pieces(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` adds to the body, in pieces of at most PIECE_BYTES. Raises MalformedBodyError."""
        data = chunk
        while True:
            if self._frame.eof:
                if not data:
                    return
                self._next_frame()
            try:
                piece = self._frame.decompress(data, PIECE_BYTES)
            except (zlib.error, zstd.ZstdError) as error:
                raise self._malformed(f"is broken: {error}") from None
            yield piece
            data = self._frame.unused_data if self._frame.eof else b""
            if not data and len(piece) < PIECE_BYTES:
                return

    def require_end(self) -> None:
        """Raises MalformedBodyError when the last frame is not complete."""
        if not self._frame.eof:
            raise self._malformed("ends early")

    def _next_frame(self) -> None:
        self._frames += 1
        if self._frames > MAX_FRAMES:
            raise self._malformed(f"has more than {MAX_FRAMES} members or frames")
        self._frame = self._new_frame()

    def _malformed(self, what: str) -> MalformedBodyError:
        return MalformedBodyError(
            f"The {self._coding} compression {what}. Nothing was accepted; compress the body again"
        )


def _zstd_frame() -> Frame:
    return zstd.ZstdDecompressor(options=_ZSTD_OPTIONS)


_FRAMES: dict[str, Callable[[], Frame]] = {"gzip": _GzipMember, "x-gzip": _GzipMember, "zstd": _zstd_frame}


def decompressor_for(content_encoding: str) -> Decompressor | None:
    """The decompressor for a Content-Encoding header; None for `identity` or no header.

    Raises UnsupportedMediaTypeError for any other coding than gzip and zstd, and for several.
    """
    coding = content_encoding.strip().lower()
    if coding in ("", "identity"):
        return None
    if coding not in _FRAMES:
        raise UnsupportedMediaTypeError(
            f"Content-Encoding {coding!r} is not supported; send the body as gzip, zstd or uncompressed",
            headers={"Accept-Encoding": "gzip, zstd, identity"},
        )
    return Decompressor(coding, _FRAMES[coding])
