"""JSON (RFC 8259): one reading, or an array of readings. Pure."""

from collections.abc import Sequence

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.formats.candidates import Candidate
from ingest_api.formats.encoded import EncodedReadings
from ingest_api.formats.json_items import (
    check_count,
    decode_item,
    is_unambiguous,
    malformed,
    not_utf8,
    split_items,
    too_deep,
)
from iot_contracts.readings import SubmittedReading
from iot_domain.reading_files.json_items import BOM, UncheckedReading, UncheckedSubmission

MEDIA_TYPE = "application/json"

_complete_array = msgspec.json.Decoder(list[UncheckedReading])
_array = msgspec.json.Decoder(list[UncheckedSubmission])
_complete_object = msgspec.json.Decoder(UncheckedReading)
_object = msgspec.json.Decoder(UncheckedSubmission)
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_fields_of_array = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_raw_value = msgspec.json.Decoder(msgspec.Raw)
_COMMAS_PER_READING = 2 * len(SubmittedReading.__struct_fields__)


def decode(body: bytes, max_readings: int) -> Sequence[Candidate]:
    """The body's items in their order; a byte order mark at its start is skipped.

    The whole batch is decoded in one step; only when that finds an invalid item, or can't be sure of each, are the
    items decoded one by one, to tell which. Raises MalformedBodyError with the byte position when the body is not
    JSON, TooManyReadingsError when an array has more than `max_readings` items.
    """
    offset = len(BOM) if body.startswith(BOM) else 0
    text = body[offset:] if offset else body
    try:
        candidates = _decode_array(text, max_readings) if _is_array(text) else _decode_object(text)
    except UnicodeDecodeError:
        raise not_utf8(body) from None
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply; a reading is a flat object") from None
    except msgspec.DecodeError as error:
        raise malformed(error, len(text), offset) from None
    check_count(len(candidates), max_readings)
    return candidates


def _is_array(text: bytes) -> bool:
    return text[:64].lstrip(b" \t\r\n")[:1] == b"[" or text.lstrip(b" \t\r\n")[:1] == b"["


def _decode_object(text: bytes) -> Sequence[Candidate]:
    for decoder in (_complete_object, _object):
        try:
            readings = [decoder.decode(text)]
        except msgspec.ValidationError:
            continue
        if encoded := EncodedReadings.if_canonical(text, readings, b"", b"", b""):
            return encoded
        if is_unambiguous(text, readings, lambda: [_fields.decode(text)]):
            return readings
        break
    text.decode()  # a Raw is not checked to be UTF-8
    return [decode_item(0, _raw_value.decode(text))]


def _decode_array(text: bytes, max_readings: int) -> Sequence[Candidate]:
    try:
        for decoder in (_complete_array, _array):
            try:
                readings = decoder.decode(text)
            except msgspec.ValidationError:
                continue
            if encoded := EncodedReadings.if_canonical(text, readings, b"[", b",", b"]"):
                return encoded
            if is_unambiguous(text, readings, lambda: _fields_of_array.decode(text)):
                return readings
            break
        # Every item is kept on its own from here on, so a body of millions of tiny items must not get this far.
        check_count(text.count(b",") // _COMMAS_PER_READING, max_readings)
        text.decode()  # a Raw is not checked to be UTF-8
        items: Sequence[msgspec.Raw | bytes] = _raw_array.decode(text)
    except RecursionError:
        items = split_items(text, max_readings)
    return [_item(index, item, text) for index, item in enumerate(items)]


def _item(index: int, item: msgspec.Raw | bytes, text: bytes) -> Candidate:
    try:
        return decode_item(index, item)
    except RecursionError:
        return too_deep(index)
    except msgspec.DecodeError as error:
        raise malformed(error, len(bytes(item)), offset=text.find(item)) from None
