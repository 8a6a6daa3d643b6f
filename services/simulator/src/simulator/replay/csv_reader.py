"""CSV files with the columns timestamp and value. Read row by row, so a file may be of any size."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from simulator.errors import InvalidFileError

TIMESTAMP, VALUE = "timestamp", "value"


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. `line` is its line in the file, the header being line 1."""

    line: int
    timestamp: datetime
    value: float


@dataclass(frozen=True)
class BadRow:
    """A row that is no measurement, and why."""

    line: int
    reason: str


def read_rows(path: Path) -> Iterator[Row | BadRow]:
    """The file's rows in order; other columns are ignored, empty lines skipped.

    A timestamp is ISO 8601; one without an offset is UTC. Raises InvalidFileError when the file can't be read
    or has not both columns in its first line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            columns = _columns(path, next(reader, []))
            for cells in reader:
                if cells:
                    yield _row(reader.line_num, cells, columns)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidFileError(f"{path}: can't be read as CSV: {error}") from error


def count_rows(path: Path, *, skip_bad_rows: bool) -> tuple[int, int]:
    """How many good and bad rows the file has.

    Raises InvalidFileError naming the line of the first bad row, unless those are to be skipped.
    """
    good = bad = 0
    for row in read_rows(path):
        if isinstance(row, Row):
            good += 1
        elif skip_bad_rows:
            bad += 1
        else:
            raise InvalidFileError(
                f"{path}, line {row.line}: {row.reason}. Correct the file, or pass --skip-bad-rows; nothing was sent"
            )
    return good, bad


def _columns(path: Path, header: list[str]) -> tuple[int, int]:
    names = [name.strip().lower() for name in header]
    if TIMESTAMP not in names or VALUE not in names:
        raise InvalidFileError(f"{path}, line 1: the header must name the columns timestamp and value, not {header!r}")
    return names.index(TIMESTAMP), names.index(VALUE)


def _row(line: int, cells: list[str], columns: tuple[int, int]) -> Row | BadRow:
    if len(cells) <= max(columns):
        return BadRow(line, f"has {len(cells)} of {max(columns) + 1} columns")
    timestamp_text, value_text = (cells[column].strip() for column in columns)
    try:
        timestamp = datetime.fromisoformat(timestamp_text)
        timestamp = timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
    except (ValueError, OverflowError):
        return BadRow(line, f"{timestamp_text!r} is no ISO 8601 timestamp")
    try:
        value = float(value_text)
    except ValueError:
        return BadRow(line, f"{value_text!r} is no number")
    if not math.isfinite(value):
        return BadRow(line, f"{value_text!r} is not finite")
    return Row(line, timestamp, value)
