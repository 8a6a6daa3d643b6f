"""Lets consumers read messages whose headers have names that are not UTF-8.

Kafka accepts any bytes as a name, and clients in C or Go send them unchecked. aiokafka raises UnicodeDecodeError at
such a message at every attempt, so that one message would stop a consumer for as long as Kafka keeps it.
"""

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">8xi")
"""A batch begins with its first offset and the number of bytes that follow."""


def read_any_header_names() -> None:
    """Make all consumers of this process read them; aiokafka has no setting for it: its record class is replaced."""
    fetcher.MemoryRecords = TolerantRecords


class TolerantRecords:
    """The records of one partition in a fetch, with the interface of aiokafka's MemoryRecords."""

    def __init__(self, data: bytes) -> None:
        self._records = MemoryRecords(data)
        self._rest = memoryview(data)

    def size_in_bytes(self) -> int:
        """As in aiokafka."""
        size: int = self._records.size_in_bytes()
        return size

    def has_next(self) -> bool:
        """As in aiokafka."""
        return bool(self._records.has_next())

    def next_batch(self) -> "_TolerantBatch":
        """As in aiokafka."""
        end = _LENGTH.size + _LENGTH.unpack_from(self._rest)[0]
        data, self._rest = self._rest[:end], self._rest[end:]
        return _TolerantBatch(self._records.next_batch(), data)


class _TolerantBatch:
    """A batch of aiokafka's; from the first record that it cannot read, the slower Python implementation takes over."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch = batch
        self._data = data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __iter__(self) -> Iterator[Any]:
        count = 0
        try:
            for record in self._batch:
                yield record
                count += 1
        except UnicodeDecodeError:
            yield from islice(_LenientBatch(self._data), count, None)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]  # aiokafka's types are not looked at
    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer: bytearray = _LenientText(self._buffer)


class _LenientText(bytearray):
    """Bytes whose slices always decode to text."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _LenientText(found) if isinstance(key, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        """As text, with a replacement character for each invalid byte."""
        return super().decode(encoding, errors)
