"""JSON (RFC 8259): one reading, or an array of readings. Pure."""

from collections.abc import Sequence

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.readings.formats.json_items import (
    UncheckedReading,
    UncheckedSubmission,
    check_count,
    decode_item,
    malformed,
    not_utf8,
)
from ingest_api.readings.verdicts import Candidate
from iot_contracts.readings import SubmittedReading

MEDIA_TYPE = "application/json"

_complete_array = msgspec.json.Decoder(list[UncheckedReading])
_array = msgspec.json.Decoder(list[UncheckedSubmission])
_complete_object = msgspec.json.Decoder(UncheckedReading)
_object = msgspec.json.Decoder(UncheckedSubmission)
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_raw_value = msgspec.json.Decoder(msgspec.Raw)
_COMMAS_PER_READING = 2 * len(SubmittedReading.__struct_fields__)


def decode(body: bytes, max_readings: int) -> Sequence[Candidate]:
    """The body's items in their order.

    The whole batch is decoded in one step; only when that finds an invalid item are the items decoded
    one by one, to tell which. Raises MalformedBodyError with the byte position when the body is not
    JSON, TooManyReadingsError when an array has more than `max_readings` items.
    """
    try:
        candidates = _decode_array(body, max_readings) if _is_array(body) else [_decode_object(body)]
    except UnicodeDecodeError:
        raise not_utf8(body) from None
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply; a reading is a flat object") from None
    except msgspec.DecodeError as error:
        raise malformed(error, len(body)) from None
    check_count(len(candidates), max_readings)
    return candidates


def _is_array(body: bytes) -> bool:
    return body[:64].lstrip(b" \t\r\n")[:1] == b"[" or body.lstrip(b" \t\r\n")[:1] == b"["


def _decode_object(body: bytes) -> Candidate:
    for decoder in (_complete_object, _object):
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            continue
    body.decode()  # a Raw is not checked to be UTF-8
    return _located_item(0, _raw_value.decode(body), body)


def _decode_array(body: bytes, max_readings: int) -> Sequence[Candidate]:
    for decoder in (_complete_array, _array):
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            continue
    # Every item is kept on its own from here on, so a body of millions of tiny items must not get this far.
    check_count(body.count(b",") // _COMMAS_PER_READING, max_readings)
    body.decode()  # a Raw is not checked to be UTF-8
    return [_located_item(index, item, body) for index, item in enumerate(_raw_array.decode(body))]


def _located_item(index: int, item: msgspec.Raw, body: bytes) -> Candidate:
    try:
        return decode_item(index, item)
    except msgspec.DecodeError as error:
        raise malformed(error, len(bytes(item)), offset=body.find(item)) from None
