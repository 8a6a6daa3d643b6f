"""Parquet files of readings, or of the columns timestamp and value; read batch by batch."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

import pyarrow as pa
from pyarrow.parquet import ParquetFile

from simulator.errors import InvalidFileError
from simulator.replay.records import BadRow, Record, Row, reading_of_columns

BATCH_ROWS = 10_000


def read_parquet(path: Path) -> Iterator[Record]:
    """The file's rows in order. Raises InvalidFileError when it can't be read or lacks timestamp and value."""
    try:
        with ParquetFile(path) as file:
            names = file.schema_arrow.names
            if not {"timestamp", "value"} <= set(names):
                raise InvalidFileError(f"{path}: must have the columns timestamp and value, not {names}")
            number = 0
            for batch in file.iter_batches(BATCH_ROWS):
                for row in _in_microseconds(batch).to_pylist():
                    number += 1
                    yield _record(number, row)
    except (OSError, pa.ArrowException) as error:
        raise InvalidFileError(f"{path}: can't be read as Parquet: {error}") from error


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The same rows, times of nanoseconds (as pandas writes them) cut to what Python's have."""
    return batch.cast(pa.schema(_microseconds(field) for field in batch.schema), safe=False)


def _microseconds(field: pa.Field) -> pa.Field:
    is_fine = pa.types.is_timestamp(field.type) and field.type.unit == "ns"
    return field.with_type(pa.timestamp("us", field.type.tz)) if is_fine else field


def _record(number: int, row: dict[str, object]) -> Record:
    timestamp, value = row["timestamp"], row["value"]
    if isinstance(timestamp, datetime) and timestamp.tzinfo is None:
        row["timestamp"] = timestamp = timestamp.replace(tzinfo=UTC)
    if "sensor_id" in row:
        return reading_of_columns(f"row {number}", number, row)
    if not isinstance(timestamp, datetime) or not isinstance(value, int | float) or not isfinite(value):
        return BadRow(f"row {number}", f"{timestamp!r}, {value!r} are no timestamp and finite number")
    return Row(number, timestamp, float(value))
