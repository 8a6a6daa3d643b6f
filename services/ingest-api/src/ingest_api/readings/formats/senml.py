"""SenML JSON (RFC 8428): a pack of records, its base fields resolved. Pure; docs/formats.md has the mapping."""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.readings.formats.json_items import check_count, malformed, not_utf8
from ingest_api.readings.formats.quantities import Defaults
from ingest_api.readings.formats.senml_records import Base, Record, reading_of
from ingest_api.readings.verdicts import Candidate, rejection
from iot_contracts.problems import ItemError

MEDIA_TYPE = "application/senml+json"
MAX_VERSION = 10

_pack = msgspec.json.Decoder(list[msgspec.Raw])
_record = msgspec.json.Decoder(Record)
_MUST_UNDERSTAND = re.compile(rb'"([^"\\]*_)"\s*:')


def decode(body: bytes, max_readings: int, defaults: Defaults, now: datetime) -> Sequence[Candidate]:
    """The readings of the records in their order; a record of base fields alone is none.

    Times relative to now are resolved with `now`. Raises MalformedBodyError with the byte position when the body
    is no JSON array, or of a version that is not known here, TooManyReadingsError when there are more than
    `max_readings` records.
    """
    # Every record is kept on its own, so a body of millions of tiny ones must not get this far.
    check_count(min(body.count(b"{"), body.count(b",") + 1), max_readings)
    try:
        body.decode()  # a Raw is not checked to be UTF-8
        records = _pack.decode(body)
        return _resolve(records, defaults, now)
    except UnicodeDecodeError:
        raise not_utf8(body) from None
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply; a record is a flat object") from None
    except msgspec.ValidationError as error:
        raise MalformedBodyError(f"{error}; a SenML pack is an array of records. Nothing was taken") from None
    except msgspec.DecodeError as error:
        raise malformed(error, len(body)) from None


def _resolve(records: Sequence[msgspec.Raw], defaults: Defaults, now: datetime) -> Sequence[Candidate]:
    base = Base()
    candidates: list[Candidate] = []
    for raw in records:
        index = len(candidates)
        try:
            record = _record.decode(raw)
        except msgspec.ValidationError as error:
            candidates.append(rejection(index, error))
            continue
        if record.bver is not None and record.bver > MAX_VERSION:
            raise MalformedBodyError(f"SenML version {record.bver} is not known; send version {MAX_VERSION} or less")
        base = base.updated(record)
        if not record.is_base_only:
            candidates.append(_unknown_extension(index, raw) or reading_of(index, record, base, defaults, now))
    return candidates


def _unknown_extension(index: int, raw: msgspec.Raw) -> ItemError | None:
    """RFC 8428 section 4.4: a label that ends with an underscore must be understood or refused."""
    found = _MUST_UNDERSTAND.search(bytes(raw))
    if found is None:
        return None
    label = found[1].decode()
    pointer = "/" + label.replace("~", "~0").replace("/", "~1")
    detail = f"The extension {label!r} must be understood and is not; leave it out"
    return ItemError(index=index, pointer=pointer, code="unknown_extension", detail=detail)
