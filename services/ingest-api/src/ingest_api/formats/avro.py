"""Avro: an object container file with its schema in it, a reading a record. Pure."""

import io
from collections.abc import Sequence

from msgspec import ValidationError, convert

from ingest_api.errors import BodyTooLargeError, MalformedBodyError
from ingest_api.formats.candidates import Candidate, item_error, rejection
from ingest_api.formats.json_items import check_count
from iot_contracts.problems import ItemError
from iot_contracts.readings import SubmittedReading
from iot_domain.reading_files.avro import UNREADABLE_RECORD, LostRows, Row, read_blocks
from iot_domain.reading_files.avro_container import TooLargeError
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.records import InvalidFileError

MEDIA_TYPE = "application/avro"
MALFORMED_RECORD = "malformed_record"


def decode(body: bytes, max_readings: int, max_bytes: int) -> Sequence[Candidate]:
    """The readings of the records in their order.

    Raises TooManyReadingsError before the records of too many are read, BodyTooLargeError when its blocks decompress
    to more than `max_bytes` together, MalformedBodyError when it is no Avro or its schema has no plain fields.
    """
    candidates: list[Candidate] = []
    try:
        for rows in read_blocks(io.BytesIO(body), max_bytes, max_bytes, max_readings):
            for row in rows:
                if isinstance(row, LostRows):
                    check_count(len(candidates) + row.count, max_readings)
                    candidates += map(_lost, range(len(candidates), len(candidates) + row.count))
                else:
                    candidates.append(_candidate(len(candidates), row))
    except TooLargeError as error:
        raise BodyTooLargeError(f"The body {error}") from None
    except InvalidFileError as error:
        raise MalformedBodyError(f"The body {error}") from None
    return candidates


def _candidate(index: int, row: Row) -> Candidate:
    try:
        return convert(row.fields(), SubmittedReading, strict=False)
    except ItemFaultError as fault:
        return item_error(index, fault)
    except ValidationError as error:
        return rejection(index, error)


def _lost(index: int) -> ItemError:
    return ItemError(index=index, pointer="", code=MALFORMED_RECORD, detail=UNREADABLE_RECORD)
