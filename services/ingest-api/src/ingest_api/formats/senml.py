"""SenML JSON (RFC 8428): a pack of records, its base fields resolved. Pure; docs/formats.md has the mapping."""

import codecs
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.formats.candidates import Candidate
from ingest_api.formats.json_items import check_count, malformed, not_utf8, split_items, too_deep
from ingest_api.formats.quantities import Defaults
from ingest_api.formats.senml_base import Base, base_after_refusal
from ingest_api.formats.senml_labels import BASE_LABELS, REGULAR_LABELS, Record, read_record
from ingest_api.formats.senml_records import reading_of
from iot_contracts.problems import ItemError

MEDIA_TYPE = "application/senml+json"

_COMMAS_PER_RECORD = 2 * len(BASE_LABELS + REGULAR_LABELS)
_pack = msgspec.json.Decoder(list[msgspec.Raw])


def decode(body: bytes, max_readings: int, defaults: Defaults, now: datetime) -> Sequence[Candidate]:
    """The readings of the records in their order; a record of base fields alone is none.

    A byte order mark at its start is skipped. Times relative to now are resolved with `now`. Raises
    MalformedBodyError with the byte position when the body is no JSON array, or of a version that is not known here,
    TooManyReadingsError when there are more than `max_readings` records.
    """
    # Every record is kept on its own, so a body of millions of tiny ones must not get this far.
    commas = body.count(b",")
    check_count(max(min(body.count(b"{"), commas + 1), commas // _COMMAS_PER_RECORD), max_readings)
    text = body.removeprefix(codecs.BOM_UTF8)
    try:
        text.decode()  # a Raw is not checked to be UTF-8
        records = _records(text, max_readings)
    except UnicodeDecodeError:
        raise not_utf8(body) from None
    except msgspec.ValidationError as error:
        raise MalformedBodyError(f"{error}; a SenML pack is an array of records. Nothing was taken") from None
    except msgspec.DecodeError as error:
        raise malformed(error, len(text), offset=len(body) - len(text)) from None
    try:
        return _resolve(records, defaults, now)
    except msgspec.DecodeError:  # of a pack that was cut up
        raise MalformedBodyError("The body is nested too deeply, and a record of it is no JSON") from None


def _records(text: bytes, max_readings: int) -> Sequence[msgspec.Raw | bytes]:
    try:
        records: Sequence[msgspec.Raw | bytes] = _pack.decode(text)
    except RecursionError:
        return split_items(text, max_readings)
    check_count(len(records), max_readings)
    return records


def _resolve(records: Sequence[msgspec.Raw | bytes], defaults: Defaults, now: datetime) -> Sequence[Candidate]:
    base = Base()
    candidates: list[Candidate] = []
    for raw in records:
        index = len(candidates)
        record = _read(index, raw)
        if not isinstance(record, ItemError):
            record = base.contradiction(index, record) or record
        if isinstance(record, ItemError):
            candidates.append(record)
            # What it says of the records after it holds, whatever became of itself.
            base = base_after_refusal(base, raw)
            continue
        base = base.updated(record)
        if not record.is_base_only:
            candidates.append(base.unknown_to(index, record) or reading_of(index, record, base, defaults, now))
    return candidates


def _read(index: int, raw: msgspec.Raw | bytes) -> Record | ItemError:
    try:
        return read_record(index, raw)
    except RecursionError:
        return too_deep(index)
