"""Reads a file to replay, by its ending."""

from collections.abc import Iterator
from pathlib import Path

from simulator.errors import InvalidFileError
from simulator.replay.csv_reader import read_csv
from simulator.replay.json_reader import read_json, read_ndjson
from simulator.replay.records import BadRow, Record, Row


def read_file(path: Path) -> Iterator[Record]:
    """What the file holds, in order: NDJSON, JSON or Parquet by these endings, otherwise CSV.

    Raises InvalidFileError when the file as a whole is not what its ending says.
    """
    match path.suffix.lower():
        case ".ndjson" | ".jsonl":
            return read_ndjson(path)
        case ".json":
            return read_json(path)
        case ".parquet":
            from simulator.replay.parquet_reader import read_parquet  # pyarrow takes 50 MiB, so only who reads it pays

            return read_parquet(path)
        case _:
            return read_csv(path)


def count_records(path: Path, *, skip_bad_rows: bool) -> tuple[int, int, bool]:
    """How many measurements and bad rows the file has, and whether any measurement lacks its sensor.

    Raises InvalidFileError naming the first bad row, unless those are to be skipped.
    """
    good = bad = 0
    is_series = False
    for record in read_file(path):
        if not isinstance(record, BadRow):
            good += 1
            is_series = is_series or isinstance(record, Row)
        elif skip_bad_rows:
            bad += 1
        else:
            raise InvalidFileError(
                f"{path}, {record.place}: {record.reason}. Correct the file, or pass --skip-bad-rows; nothing was sent"
            )
    return good, bad, is_series
