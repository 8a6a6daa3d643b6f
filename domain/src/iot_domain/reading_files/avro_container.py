"""The container of Avro's object files: header and blocks. Pure.

fastavro reads records; this reads what is around them, since fastavro decompresses a block to whatever size it has.
"""

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import fastavro

from iot_domain.reading_files.records import InvalidFileError

MAGIC = b"Obj\x01"
MAX_HEADER_BYTES = 65_536
_SYNC_BYTES = 16
UNREADABLE = (EOFError, ValueError, OverflowError, MemoryError, IndexError, KeyError, TypeError)
"""What fastavro raises over bytes that are not what the schema says."""


class TooLargeError(InvalidFileError):
    """A block is larger than it may be, or all of them together are."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of itself: its schema as JSON, its codec, the bytes after each block."""

    schema: bytes
    codec: str
    sync: bytes


class _Bounded:
    """The beginning of a file: a length that is wrong reads no more than that."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= self._left:
            raise EOFError
        self._left -= size
        return self._file.read(size)


def read_header(file: BinaryIO) -> Header:
    """Read up to the first block. Raises InvalidFileError."""
    if file.read(len(MAGIC)) != MAGIC:
        raise InvalidFileError("is no Avro object container file")
    try:
        meta = fastavro.schemaless_reader(
            _Bounded(file, MAX_HEADER_BYTES),  # type: ignore[arg-type]  # it needs read() only
            {"type": "map", "values": "bytes"},
            None,
        )
    except UNREADABLE:
        raise InvalidFileError(f"has no readable header of up to {MAX_HEADER_BYTES} bytes") from None
    if not isinstance(meta, dict):
        raise InvalidFileError("has no readable header")
    codec = bytes(meta.get("avro.codec", b"null")).decode(errors="replace")
    if codec not in ("null", "deflate"):
        raise InvalidFileError(f"is compressed with {codec[:40]!r}; write it with null or deflate")
    return Header(meta.get("avro.schema", b""), codec, file.read(_SYNC_BYTES))


def blocks(file: BinaryIO, header: Header, max_block: int, max_total: int | None) -> Iterator[tuple[int, bytes]]:
    """How many records each block has, and their bytes, decompressed.

    Raises InvalidFileError; TooLargeError when a block is or becomes larger than `max_block` bytes, or all of them
    together larger than `max_total`.
    """
    total = 0
    while (count := _long_or_end(file)) is not None:
        size = _long(file)
        if count < 0 or size < 0:
            raise InvalidFileError("has a block of negative length")
        if size > max_block:
            raise TooLargeError(f"has a block of {size} bytes; at most {max_block} are read")
        content = file.read(size)
        if len(content) < size or file.read(_SYNC_BYTES) != header.sync:
            raise InvalidFileError("ends in the middle of a block, or is damaged there")
        if header.codec == "deflate":
            content = _inflated(content, max_block)
        total += len(content)
        if max_total is not None and total > max_total:
            raise TooLargeError(f"decompresses to more than {max_total} bytes")
        yield count, content


def _inflated(content: bytes, max_bytes: int) -> bytes:
    inflater = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
    try:
        found = inflater.decompress(content, max_bytes + 1)
    except zlib.error as error:
        raise InvalidFileError(f"has a block that can't be decompressed: {error}") from None
    if len(found) > max_bytes:
        raise TooLargeError(f"has a block that decompresses to more than {max_bytes} bytes")
    if not inflater.eof:
        raise InvalidFileError("has a block whose compressed bytes end too early")
    return found


def _long_or_end(file: BinaryIO) -> int | None:
    first = file.read(1)
    return _long(file, first) if first else None


def _long(file: BinaryIO, begun: bytes = b"") -> int:
    """A number as Avro writes it: zigzag, seven bits a byte, the last byte below 128."""
    found = 0
    for shift in range(0, 70, 7):
        byte = begun if begun and not shift else file.read(1)
        if not byte:
            break
        found |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return (found >> 1) ^ -(found & 1)
    raise InvalidFileError("ends in the middle of a block, or is damaged there")


def records(content: bytes, count: int, schema: fastavro.types.Schema) -> Iterator[dict[str, object]]:
    """The records of a block. Raises EOFError where its bytes are none; what follows in the block is lost then."""
    file = io.BytesIO(content)
    for _ in range(count):
        begin = file.tell()
        try:
            record = fastavro.schemaless_reader(file, schema, None, handle_unicode_errors="surrogateescape")
        except UNREADABLE:
            raise EOFError from None
        # Of records without bytes a block could have any number.
        if file.tell() == begin or not isinstance(record, dict):
            raise EOFError
        yield record
