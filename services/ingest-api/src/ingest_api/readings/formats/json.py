"""JSON (RFC 8259): one reading, or an array of readings. Pure."""

import re
from collections.abc import Sequence

import msgspec

from ingest_api.errors import MalformedBodyError, TooManyReadingsError
from ingest_api.readings.verdicts import Candidate, rejection
from iot_contracts.readings import Reading, SubmittedReading

MEDIA_TYPE = "application/json"

_complete_array = msgspec.json.Decoder(list[Reading])
_array = msgspec.json.Decoder(list[SubmittedReading])
_complete_object = msgspec.json.Decoder(Reading)
_object = msgspec.json.Decoder(SubmittedReading)
_raw_array = msgspec.json.Decoder(list[msgspec.Raw])
_raw_value = msgspec.json.Decoder(msgspec.Raw)
_BYTE = re.compile(r" \(byte (\d+)\)$")
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
        raise _not_utf8(body) from None
    except RecursionError:
        raise MalformedBodyError("The body is nested too deeply; a reading is a flat object") from None
    except msgspec.DecodeError as error:
        raise _malformed(str(error), body) from None
    _check_count(len(candidates), max_readings)
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
    return _decode_item(0, _raw_value.decode(body), body)


def _decode_array(body: bytes, max_readings: int) -> Sequence[Candidate]:
    for decoder in (_complete_array, _array):
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            continue
    # Every item is kept on its own from here on, so a body of millions of tiny items must not get this far.
    _check_count(body.count(b",") // _COMMAS_PER_READING, max_readings)
    body.decode()  # a Raw is not checked to be UTF-8
    return [_decode_item(index, item, body) for index, item in enumerate(_raw_array.decode(body))]


def _decode_item(index: int, item: msgspec.Raw, body: bytes) -> Candidate:
    try:
        return _object.decode(item)
    except msgspec.ValidationError as error:
        return rejection(index, error)
    except msgspec.DecodeError as error:
        raise _malformed(str(error), bytes(item), offset=body.find(item)) from None


def _check_count(count: int, max_readings: int) -> None:
    if count > max_readings:
        raise TooManyReadingsError(
            f"One request takes at most {max_readings} readings; split the batch over several requests"
        )


def _malformed(message: str, text: bytes, offset: int = 0) -> MalformedBodyError:
    match = _BYTE.search(message)
    what = _BYTE.sub("", message).removeprefix("JSON is malformed: ")
    # Of what follows the value msgspec names the byte after the first.
    position = offset + (int(match[1]) - (what == "trailing characters") if match else len(text))
    return MalformedBodyError(f"At byte {position}: {what}. Nothing was taken; correct the body")


def _not_utf8(body: bytes) -> MalformedBodyError:
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return MalformedBodyError(f"At byte {error.start}: not UTF-8. Nothing was taken; encode the body in UTF-8")
    return MalformedBodyError("A string is not UTF-8. Nothing was taken; encode the body in UTF-8")
