"""The readings of a file to replay, by its ending."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iot_contracts.readings import Reading
from iot_domain.reading_files import records
from iot_domain.reading_files.csv import read_csv
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.files import reader_of
from iot_domain.reading_files.records import BadItem, Record
from simulator.errors import InvalidFileError
from simulator.replay.sensors import ReplayedSensor


@dataclass
class Contents:
    """What a file holds, counted."""

    readings: int = 0
    bad: int = 0
    of_named_sensors: int = 0
    """Readings whose sensor the file names."""


def read_file(path: Path) -> Iterator[Record]:
    """What the file holds, in order: NDJSON, JSON or Parquet by these endings, otherwise CSV.

    Raises InvalidFileError when the file as a whole is not what its ending says.
    """
    try:
        with path.open("rb") as file:
            yield from reader_of(path.suffix, otherwise=read_csv)(file)
    except records.InvalidFileError as error:
        raise InvalidFileError(f"{path}: {error}") from None
    except OSError as error:
        raise InvalidFileError(f"{path}: can't be read: {error}") from error


def readings_of(path: Path, sensor: ReplayedSensor) -> Iterator[Reading | BadItem]:
    """The file's readings in order, `sensor` standing in for what a row doesn't say. Raises as `read_file`."""
    for record in read_file(path):
        if isinstance(record, BadItem):
            yield record
            continue
        try:
            yield sensor.reading(record)
        except ItemFaultError as fault:
            yield BadItem(record.place, str(fault))


def check_file(path: Path, sensor: ReplayedSensor, *, skip_bad_rows: bool) -> Contents:
    """Count what the file holds, to its end.

    Raises InvalidFileError naming the first bad row, unless those are to be skipped.
    """
    contents = Contents()
    for record in read_file(path):
        try:
            if isinstance(record, BadItem):
                raise ItemFaultError("", "", record.reason)
            sensor.reading(record)
        except ItemFaultError as fault:
            if not skip_bad_rows:
                remedy = "Correct the file, or pass --skip-bad-rows; nothing was sent"
                raise InvalidFileError(f"{path}, {record.place}: {fault}. {remedy}") from None
            contents.bad += 1
            continue
        contents.readings += 1
        contents.of_named_sensors += record.sensor_id is not None
    return contents
