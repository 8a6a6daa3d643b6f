"""CSV (RFC 4180): a row a measurement under a line of names. Read line by line, so a file may be of any size."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from iot_domain.reading_files.columns import find_columns, record_of
from iot_domain.reading_files.records import BadItem, InvalidFileError, Record

MAX_LINE_CHARACTERS = 65_536
MAX_LINES_OF_A_ROW = 20
"""A quoted cell may go over several lines; one that is still open after so many was never meant to."""


class _Lines:
    """The lines of a file with their numbers; some may be put back. A line that is too long comes as None."""

    def __init__(self, file: BinaryIO) -> None:
        # Bytes that are not UTF-8 become surrogates, so that they cost their line and not the file.
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._put_back: deque[str | None] = deque()
        self.number = 0

    def next(self) -> str | None:
        """The next line with its end; "" at the end of the file."""
        self.number += 1
        if self._put_back:
            return self._put_back.popleft()
        line = self._text.readline(MAX_LINE_CHARACTERS)
        if len(line) < MAX_LINE_CHARACTERS or line.endswith(("\n", "\r")):
            return line
        while rest := self._text.readline(MAX_LINE_CHARACTERS):
            if rest.endswith(("\n", "\r")):
                break
        return None

    def put_back(self, lines: list[str | None]) -> None:
        """Let these lines, which came last, come again."""
        self._put_back.extendleft(reversed(lines))
        self.number -= len(lines)

    def detach(self) -> None:
        """Leave the file open to whoever opened it."""
        self._text.detach()


def read_csv(file: BinaryIO) -> Iterator[Record]:
    """The file's rows in order; columns that are no reading's are ignored, empty lines skipped.

    A time is RFC 3339, or the same without offset (then UTC), seconds or time of day. Raises InvalidFileError when the
    first line does not name the columns timestamp and value once each, OSError when the file can't be read.
    """
    lines = _Lines(file)
    try:
        names = _cells(lines.next())
        if isinstance(names, str):
            raise InvalidFileError(f"line 1: {names}")
        try:
            columns = find_columns(names)
        except InvalidFileError as error:
            raise InvalidFileError(f"line 1: the header {error}") from None
        yield from _rows(lines, columns, len(names))
    finally:
        lines.detach()


def _rows(lines: _Lines, columns: dict[str, int], width: int) -> Iterator[Record]:
    while (line := lines.next()) != "":
        if line is not None and not line.strip():
            continue
        number = lines.number
        record = _record(number, line, columns, width)
        if isinstance(record, BadItem) and line is not None and (text := _over_several_lines(lines, line)):
            record = _record(number, text, columns, width)
        yield record


def _over_several_lines(lines: _Lines, first: str) -> str | None:
    """The row that begins with `first` and goes on in the following lines, until its quotes are closed.

    What stands in its cells is no row, whatever becomes of it. None when it has no such end: then the following lines
    come again, each for itself.
    """
    text, taken = first, list[str | None]()
    while len(taken) < MAX_LINES_OF_A_ROW and text.count('"') % 2:
        taken.append(more := lines.next())
        if not more or len(text) + len(more) > MAX_LINE_CHARACTERS:
            break
        text += more
        if text.count('"') % 2 == 0 and not isinstance(_cells(text), str):
            return text
    lines.put_back(taken)
    return None


def _record(number: int, line: str | None, columns: dict[str, int], width: int) -> Record:
    place = f"line {number}"
    cells = _cells(line)
    if isinstance(cells, str):
        return BadItem(place, cells)
    if len(cells) != width:
        return BadItem(place, f"has {len(cells)} of {width} columns")
    return record_of(place, number, {field: cells[column] for field, column in columns.items()})


def _cells(line: str | None) -> list[str] | str:
    """The cells of a line, or why it has none."""
    if line is None:
        return f"has more than {MAX_LINE_CHARACTERS} characters"
    if "\0" in line:
        return "has a NUL character"
    try:
        line.encode()
        return next(csv.reader([line], strict=True), [])
    except UnicodeEncodeError:
        return "is not UTF-8"
    except csv.Error as error:
        return f"is not CSV: {error}"
