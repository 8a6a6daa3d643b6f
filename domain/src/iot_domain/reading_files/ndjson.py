"""NDJSON: a reading a line, read line by line, so a file may be of any size."""

from collections.abc import Iterable, Iterator

from iot_domain.reading_files.json import json_record
from iot_domain.reading_files.json_items import BOM
from iot_domain.reading_files.records import Record


def lines_of(file: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, each with its number from 1; a byte order mark at the start is skipped."""
    for number, line in enumerate(file, start=1):
        text = line.removeprefix(BOM) if number == 1 else line
        if text.strip():
            yield number, text


def read_ndjson(file: Iterable[bytes]) -> Iterator[Record]:
    """The readings of the lines in order. Raises OSError when the file can't be read."""
    for number, line in lines_of(file):
        yield json_record(f"line {number}", number, line)
