"""NDJSON, read line by line, and JSON arrays, read whole."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from iot_contracts.readings import SubmittedReading
from simulator.errors import InvalidFileError
from simulator.replay.records import BadRow, Record, reading_from

_decoder = msgspec.json.Decoder(SubmittedReading)


def read_ndjson(path: Path) -> Iterator[Record]:
    """A reading a line, empty lines skipped. Raises InvalidFileError when the file can't be read."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield _record(f"line {number}", number, line)
    except OSError as error:
        raise InvalidFileError(f"{path}: can't be read: {error}") from error


def read_json(path: Path) -> Iterator[Record]:
    """The readings of an array, or the one that the file is. Raises InvalidFileError when it is no JSON."""
    try:
        content = path.read_bytes()
        whole = msgspec.json.decode(content, type=list[msgspec.Raw] if content.lstrip()[:1] == b"[" else msgspec.Raw)
    except (OSError, msgspec.DecodeError) as error:
        raise InvalidFileError(f"{path}: can't be read as JSON: {error}") from error
    for number, item in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        yield _record(f"item {number}", number, bytes(item))


def _record(place: str, number: int, text: bytes) -> Record:
    try:
        return reading_from(number, _decoder.decode(text))
    except ValueError as error:  # msgspec's errors are of it too
        return BadRow(place, f"is no reading: {error}")
