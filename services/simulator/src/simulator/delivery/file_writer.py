"""Writes readings into a file: NDJSON, one JSON array, CSV, Avro or Parquet, by the file's ending."""

import csv
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from iot_contracts.readings import Reading
from simulator.errors import ConfigurationError

COLUMNS = Reading.__struct_fields__


class FileWriter(Protocol):
    """Appends readings to one file. Raises OSError when the file can't be written."""

    def write(self, readings: Sequence[Reading]) -> None:
        """Append `readings`."""

    def close(self) -> None:
        """Complete the file."""


class NdjsonWriter:
    """A JSON object a line."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a line for each."""
        self._file.write(msgspec.json.Encoder().encode_lines(readings))

    def close(self) -> None:
        """Write what the process still holds."""
        self._file.close()


class JsonArrayWriter:
    """One JSON array, complete after each write, even one that failed: whoever opens the file can read it."""

    _END = b"\n]\n"

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self._items_end = 0
        self._separator = b"\n"
        try:
            self._extend(b"[")
        except OSError:
            self._file.close()
            raise

    def write(self, readings: Sequence[Reading]) -> None:
        """Put `readings` in front of the array's end: all of them, or none when OSError is raised."""
        if not readings:
            return
        items = b",\n".join(msgspec.json.encode(reading) for reading in readings)
        try:
            self._extend(self._separator + items)
        except OSError:
            self._file.truncate(self._items_end)
            self._extend(b"")
            raise
        self._separator = b",\n"

    def close(self) -> None:
        """The file is complete already."""
        self._file.close()

    def _extend(self, items: bytes) -> None:
        rest, at = memoryview(items + self._END), self._items_end
        while rest:  # a disk that fills up takes a part first, and says so at the next
            written = os.pwrite(self._file.fileno(), rest, at)
            rest, at = rest[written:], at + written
        self._items_end += len(items)


class CsvWriter:
    """A line a reading under a line of names; a field that a reading lacks is empty."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="", encoding="utf-8")
        self._rows = csv.writer(self._file)
        self._rows.writerow(COLUMNS)

    def write(self, readings: Sequence[Reading]) -> None:
        """Append a line for each."""
        plain = msgspec.to_builtins(readings)
        self._rows.writerows([_cell(row.get(column)) for column in COLUMNS] for row in plain)

    def close(self) -> None:
        """Write what the process still holds."""
        self._file.close()


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def _parquet(path: Path) -> FileWriter:
    from simulator.delivery.parquet_writer import ParquetWriter  # pyarrow takes 50 MiB, so only who writes it pays

    return ParquetWriter(path)


def _avro(path: Path) -> FileWriter:
    from simulator.delivery.avro_writer import AvroWriter  # only who writes it loads fastavro

    return AvroWriter(path)


_WRITERS: dict[str, Callable[[Path], FileWriter]] = {
    ".ndjson": NdjsonWriter,
    ".jsonl": NdjsonWriter,
    ".json": JsonArrayWriter,
    ".csv": CsvWriter,
    ".avro": _avro,
    ".parquet": _parquet,
}


def writer_of(ending: str) -> Callable[[Path], FileWriter]:
    """What opens a writer for files of that ending. Raises ConfigurationError naming those there are."""
    if ending.lower() not in _WRITERS:
        raise ConfigurationError(f"{ending!r} is no ending of a file of readings: {', '.join(_WRITERS)}")
    return _WRITERS[ending.lower()]
