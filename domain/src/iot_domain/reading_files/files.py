"""The reader of a file by its ending."""

from collections.abc import Callable, Iterator
from typing import BinaryIO

from iot_domain.reading_files.csv import read_csv
from iot_domain.reading_files.json import read_json
from iot_domain.reading_files.ndjson import read_ndjson
from iot_domain.reading_files.records import Record

Reader = Callable[[BinaryIO], Iterator[Record]]
"""Reads a file opened in binary. Raises InvalidFileError or OSError, also after some records."""


def _read_parquet(file: BinaryIO) -> Iterator[Record]:
    from iot_domain.reading_files.parquet import read_parquet  # pyarrow takes 50 MiB, so only who reads it pays

    return read_parquet(file)


def _read_avro(file: BinaryIO) -> Iterator[Record]:
    from iot_domain.reading_files.avro import read_avro  # fastavro is not in every service's environment

    return read_avro(file)


_READERS: dict[str, Reader] = {
    ".avro": _read_avro,
    ".csv": read_csv,
    ".json": read_json,
    ".jsonl": read_ndjson,
    ".ndjson": read_ndjson,
    ".parquet": _read_parquet,
}


def reader_of(ending: str, otherwise: Reader) -> Reader:
    """The reader for files of that ending (`.csv`, in any case), `otherwise` for one that is not known.

    Those for Avro and Parquet raise ImportError where fastavro or pyarrow is not installed.
    """
    return _READERS.get(ending.lower(), otherwise)
