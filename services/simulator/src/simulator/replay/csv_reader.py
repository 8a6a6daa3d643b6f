"""CSV files: whole readings, or the columns timestamp and value. Read row by row, so a file may be of any size."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

from simulator.errors import InvalidFileError
from simulator.replay.records import BadRow, Record, Row, reading_of_columns, utc

TIMESTAMP, VALUE = "timestamp", "value"
_OF_A_READING = frozenset({TIMESTAMP, VALUE, "sensor_id", "sensor_type", "location", "unit"})


def read_csv(path: Path) -> Iterator[Record]:
    """The file's rows in order; other columns are ignored, empty lines skipped.

    A timestamp is ISO 8601; one without an offset is UTC. Raises InvalidFileError when the file can't be read
    or has not both columns in its first line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            header = [name.strip().lower() for name in next(reader, [])]
            if not {TIMESTAMP, VALUE} <= set(header):
                raise InvalidFileError(
                    f"{path}, line 1: the header must name the columns timestamp and value, not {header!r}"
                )
            row_of = _reading if set(header) >= _OF_A_READING else _row
            for cells in reader:
                if cells:
                    yield row_of(reader.line_num, cells, header)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidFileError(f"{path}: can't be read as CSV: {error}") from error


def _reading(line: int, cells: list[str], header: list[str]) -> Record:
    if len(cells) != len(header):
        return BadRow(f"line {line}", f"has {len(cells)} of {len(header)} columns")
    columns = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    return reading_of_columns(f"line {line}", line, columns)


def _row(line: int, cells: list[str], header: list[str]) -> Record:
    place, columns = f"line {line}", (header.index(TIMESTAMP), header.index(VALUE))
    if len(cells) <= max(columns):
        return BadRow(place, f"has {len(cells)} of {max(columns) + 1} columns")
    timestamp_text, value_text = (cells[column].strip() for column in columns)
    try:
        timestamp = utc(timestamp_text)
    except (ValueError, OverflowError):
        return BadRow(place, f"{timestamp_text!r} is no ISO 8601 timestamp")
    try:
        value = float(value_text)
    except ValueError:
        return BadRow(place, f"{value_text!r} is no number")
    if not math.isfinite(value):
        return BadRow(place, f"{value_text!r} is not finite")
    return Row(line, timestamp, value)
