"""What the formats made of JSON share at the door: candidates, limits, and errors that name the byte. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import chain

import msgspec

from ingest_api.errors import MalformedBodyError, TooManyReadingsError
from ingest_api.formats.candidates import Candidate, item_error
from iot_contracts.problems import ItemError
from iot_contracts.readings import Reading, SubmittedReading
from iot_domain.reading_files.faults import ItemFaultError
from iot_domain.reading_files.json_items import read_item, split_array, where_and_why

MAX_SPLIT_TOKENS = 500_000
"""An array that no parser reads to its end is cut up in Python; one of more brackets, commas and quotes is refused."""
_ESCAPED_ASCII = re.compile(rb'\\(?:"|u00[0-7])')
"""A quote inside a string, or what could be part of a field's name or of a time."""
_ROUNDED_TIME = re.compile(rb"\.[0-9]{7,}[Zz+-]")
_QUOTES_OF_COMPLETE = 26
"""Around the names of the seven fields that every complete reading has, and around the six of them that are text."""
_ROUNDED_NUMBER = re.compile(rb'"timestamp"[ \t\r\n]*:[ \t\r\n]*-?[0-9]+[.eE]')


def decode_item(index: int, item: msgspec.Raw | bytes) -> Candidate:
    """Item `index` of a request. Raises as `read_item`, but for what is wrong with the item."""
    try:
        return read_item(item)
    except ItemFaultError as fault:
        return item_error(index, fault)


def too_deep(index: int) -> ItemError:
    """The error of item `index`, which no parser reads to its end."""
    detail = "Is nested too deeply; a reading is a flat object"
    return item_error(index, ItemFaultError("", "nested_too_deeply", detail))


def split_items(text: bytes, max_items: int) -> Sequence[bytes]:
    """The items of an array that has one nested too deeply for a parser.

    Raises MalformedBodyError when it is no array or too large to be cut up, TooManyReadingsError.
    """
    text.decode()
    tokens = sum(text.count(kind) for kind in (b"[", b"{", b",", b'"'))
    try:
        items = split_array(text.strip(b" \t\r\n")) if tokens <= MAX_SPLIT_TOKENS else None
    except ValueError:
        items = None
    if items is None:
        raise MalformedBodyError("The body is nested too deeply; a reading is a flat object")
    check_count(len(items), max_items)
    return items


def is_unambiguous(
    body: bytes, readings: Sequence[SubmittedReading], fields: Callable[[], Sequence[Mapping[str, msgspec.Raw]]]
) -> bool:
    """Whether `readings`, decoded from `body` in one step, are surely what it says.

    msgspec keeps the last of a field that repeats and rounds times to the microsecond, both in silence. To look for
    that item by item would double what decoding costs, so this looks at the body as a whole: without an escaped quote
    every quote begins or ends a string, and fields that are there once each have a known number of them. Only when
    there are others are the `fields` of all items counted, each by its name.

    Raises UnicodeDecodeError for a text that is not UTF-8: msgspec doesn't look into strings that it skips.
    """
    if not readings:
        return True
    if not body.isascii():
        body.decode()
    if _ROUNDED_TIME.search(body) or (b"\\" in body and _ESCAPED_ASCII.search(body)):
        return False
    quotes = body.count(b'"')
    if isinstance(readings[0], Reading):  # then all are: one decoder made them
        further = quotes - _QUOTES_OF_COMPLETE * len(readings)
        return not further or further == 2 * _options(readings) or quotes == _quotes_of(fields())
    numbers = sum(not isinstance(reading.timestamp, datetime) for reading in readings)
    if numbers and _ROUNDED_NUMBER.search(body):
        return False
    ids = sum(reading.reading_id is not None for reading in readings)
    submitted = (_QUOTES_OF_COMPLETE - 4) * len(readings) + 4 * ids - 2 * numbers + 2 * _options(readings)
    return quotes == submitted or quotes == _quotes_of(fields())


def _quotes_of(items: Sequence[Mapping[str, msgspec.Raw]]) -> int:
    """The quotes of items that have each of these fields once."""
    values = b"".join(chain.from_iterable(item.values() for item in items))
    return 2 * sum(map(len, items)) + values.count(b'"')


def _options(readings: Sequence[SubmittedReading]) -> int:
    """How many fields these readings have of those that are optional and no text."""
    battery_levels = [reading.battery_level for reading in readings]
    anomalies = [reading.is_anomaly for reading in readings]
    return 2 * len(readings) - battery_levels.count(None) - anomalies.count(None)


def check_count(count: int, max_readings: int) -> None:
    """Raises TooManyReadingsError when `count` is more than `max_readings`."""
    if count > max_readings:
        raise TooManyReadingsError(
            f"One request takes at most {max_readings} readings; split the batch over several requests"
        )


def malformed(error: msgspec.DecodeError, text_length: int, offset: int = 0) -> MalformedBodyError:
    """The error for a body that stops being JSON in a text of `text_length` bytes that begins at byte `offset`."""
    position, why = where_and_why(error, text_length)
    return MalformedBodyError(f"At byte {offset + position}: {why}. Nothing was taken; correct the body")


def not_utf8(body: bytes) -> MalformedBodyError:
    """The error for a body that has a byte that is not UTF-8, naming its position."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return MalformedBodyError(f"At byte {error.start}: not UTF-8. Nothing was taken; encode the body in UTF-8")
    return MalformedBodyError("A string is not UTF-8. Nothing was taken; encode the body in UTF-8")
