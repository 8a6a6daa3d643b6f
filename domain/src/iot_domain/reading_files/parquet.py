"""Parquet: a row a measurement; read batch by batch. Needs pyarrow, so only who reads Parquet imports this module."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from iot_domain.event_time import OUT_OF_RANGE, from_microseconds
from iot_domain.reading_files.columns import TIMESTAMP, VALUE, find_columns, record_of
from iot_domain.reading_files.records import BadItem, InvalidFileError, Record

BATCH_ROWS = 10_000
_NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def read_parquet(file: BinaryIO) -> Iterator[Record]:
    """The file's rows in order; columns that are no reading's are ignored. A time without a zone is UTC.

    Raises InvalidFileError when it is no Parquet, or has not the columns timestamp and value once each.
    """
    number = 0
    try:
        with ParquetFile(file) as parquet:
            names = parquet.schema_arrow.names
            columns = find_columns(names)
            for batch in parquet.iter_batches(BATCH_ROWS):
                for row in _rows(batch, columns):
                    number += 1
                    yield _record(number, row)
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        reached = f" after row {number}" if number else ""
        raise InvalidFileError(f"can't be read as Parquet{reached}: {error}") from None


def _rows(batch: pa.RecordBatch, columns: dict[str, int]) -> Iterator[dict[str, Any]]:
    cells = {field: _cells(batch.column(column)) for field, column in columns.items()}
    for row in zip(*cells.values(), strict=True):
        yield dict(zip(cells, row, strict=True))


def _cells(column: pa.Array) -> list[Any]:
    """The column's cells; a time as the nanoseconds since the epoch, since Python's has none."""
    if not pa.types.is_timestamp(column.type):
        try:
            return list(column.to_pylist())
        except UnicodeDecodeError:
            return [_text_or_bytes(cell) for cell in column]
    scale = _NANOSECONDS[column.type.unit]
    counts = column.cast(pa.int64()).to_pylist()
    return [None if count is None else _Nanoseconds(count * scale) for count in counts]


def _text_or_bytes(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return cell.as_buffer().to_pybytes()  # which is no text, and so costs its row only


class _Nanoseconds(int):
    """An instant; a bare number would be none."""


def _record(number: int, row: dict[str, Any]) -> Record:
    place, timestamp = f"row {number}", row[TIMESTAMP]
    sent = f"{timestamp}\n{row[VALUE]!r}"
    if isinstance(timestamp, _Nanoseconds):
        try:
            row[TIMESTAMP] = from_microseconds(timestamp // 1_000)
        except ValueError:
            return BadItem(place, f"{TIMESTAMP}: {OUT_OF_RANGE}")
    return record_of(place, number, row, sent)
