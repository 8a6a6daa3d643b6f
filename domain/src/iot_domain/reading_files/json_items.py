"""One JSON value as a reading, or why it is none: the rules of every door that reads JSON. Pure."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec import Raw

from iot_contracts.readings import Reading, SubmittedReading
from iot_domain.event_time import from_epoch_ms, from_rfc3339
from iot_domain.names import UncheckedName
from iot_domain.reading_files.faults import ItemFaultError, fault_of

DUPLICATE_FIELD = "duplicate_field"
MAX_SHOWN = 64
BOM = b"\xef\xbb\xbf"
"""UTF-8's byte order mark; at the start of a text it is no part of it."""


class UncheckedSubmission(SubmittedReading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A submitted reading but for the pattern of its names.

    To match two patterns a reading costs more than all the rest of decoding it; a batch has few names, and the
    verdicts look at each of them once.
    """

    sensor_id: UncheckedName
    sensor_type: UncheckedName


class UncheckedReading(Reading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A complete reading but for the pattern of its names and the bound of its value, which the rules know."""

    sensor_id: UncheckedName
    sensor_type: UncheckedName
    value: float


class _TimeAsWritten(UncheckedSubmission, frozen=True, kw_only=True, gc=False):
    """A submission whose time is still text: msgspec rounds it, and knows no leap second."""

    timestamp: Raw  # type: ignore[assignment]


_fields = msgspec.json.Decoder(dict[str, Raw])
_submission = msgspec.json.Decoder(_TimeAsWritten)
_text = msgspec.json.Decoder(str)
_BYTE = re.compile(r" \(byte (\d+)\)$")
_TRUNCATED = "Input data was truncated"
# A string that nothing closes goes to the end: looked for from each of its quotes, it would take hours.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{},]', re.DOTALL)


def read_item(item: bytes | Raw) -> UncheckedSubmission:
    """The reading that one JSON object is; its names are not looked at.

    Raises ItemFaultError, or msgspec.DecodeError, UnicodeDecodeError or RecursionError when it is no JSON that can be
    read. Strings that are skipped are not checked to be UTF-8.
    """
    return submission_of(item, read_fields(item))


def read_fields(item: bytes | Raw) -> Mapping[str, Raw]:
    """The fields of one JSON object as they are written. Raises as `read_item`, also for a field that repeats.

    Only the object's own fields count: what an ignored field holds is nobody's business.
    """
    text = bytes(item)
    try:
        fields = _fields.decode(text)
    except msgspec.ValidationError as error:
        raise fault_of(error) from None
    # Without a backslash every quote begins or ends a string, so one that is in no field is a field that was dropped.
    quotes = 2 * len(fields) + b"".join(fields.values()).count(b'"')
    if text.count(b'"') != quotes or b"\\" in text:
        _require_each_once(text)
    return fields


def _require_each_once(text: bytes) -> None:
    # Objects are made from the inside out, so the last names are the outermost object's.
    names: list[str] = []

    def keep_names(pairs: list[tuple[str, object]]) -> None:
        names[:] = [name for name, _ in pairs]

    json.loads(text, object_pairs_hook=keep_names, parse_int=str, parse_float=str)
    for name, count in Counter(names).items():
        if count > 1:
            raise repeated_field(name, count)


def repeated_field(name: str, count: int) -> ItemFaultError:
    """The fault of an object that has the field `name` so many times."""
    pointer, shown = pointer_and_shown(name)
    return ItemFaultError(pointer, DUPLICATE_FIELD, f"The field {shown} is there {count} times; send it once")


def pointer_and_shown(name: str) -> tuple[str, str]:
    """The JSON pointer to a field and its name for people: an answer must not grow with the names that were sent."""
    if len(name) > MAX_SHOWN:
        return "", f"{name[:MAX_SHOWN]!r}…"
    return "/" + name.replace("~", "~0").replace("/", "~1"), repr(name)


def submission_of(item: bytes | Raw, fields: Mapping[str, Raw]) -> UncheckedSubmission:
    """The reading of an object with these fields. Raises as `read_item`."""
    try:
        written = _submission.decode(item)
    except msgspec.ValidationError as error:
        raise fault_of(error) from None
    try:
        timestamp = time_of(bytes(fields["timestamp"]))
    except ValueError as error:
        raise ItemFaultError("/timestamp", "invalid_field", str(error)) from None
    return UncheckedSubmission(
        reading_id=written.reading_id,
        sensor_id=written.sensor_id,
        sensor_type=written.sensor_type,
        location=written.location,
        value=written.value,
        unit=written.unit,
        timestamp=timestamp,
        is_anomaly=written.is_anomaly,
        battery_level=written.battery_level,
    )


def time_of(text: bytes) -> datetime:
    """The instant of a JSON string or number, cut to the microsecond. Raises ValueError for anything else."""
    if text[:1] == b'"':
        return from_rfc3339(_text.decode(text))
    if text[:1] in b"-0123456789":
        return from_epoch_ms(text.decode())
    raise ValueError("Is neither RFC 3339 nor a number of milliseconds; correct the field")


def where_and_why(error: msgspec.DecodeError, text_length: int) -> tuple[int, str]:
    """The byte of a text of `text_length` bytes at which it stops being JSON, and why."""
    message = str(error)
    match = _BYTE.search(message)
    if match is None:
        return text_length, "it ends too early" if message == _TRUNCATED else message
    why = _BYTE.sub("", message).removeprefix("JSON is malformed: ")
    # Of what follows the value msgspec names the byte after the first.
    return int(match[1]) - (why == "trailing characters"), why


def split_array(text: bytes) -> list[bytes]:
    """The items of a JSON array, cut out without reading them: for an array that has one nested too deeply.

    Raises ValueError when the text is not one array.
    """
    items: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        kind = token[0]
        if kind in b"[{":
            depth += 1
            start = token.end() if depth == 1 else start
        elif kind in b"]}":
            depth -= 1
        if (kind == b"," and depth == 1) or (kind in b"]}" and depth == 0):
            items.append(text[start : token.start()])
            start = token.end()
        if depth == 0:
            break
    if depth or text[:1] != b"[" or text[start:].strip(b" \t\r\n"):
        raise ValueError("is not one array")
    return items


def flattened(text: bytes) -> bytes:
    """One object with `[]` for each array or object in it: for an object that is nested too deeply to be read."""
    parts: list[bytes] = []
    depth = kept_to = 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth == 2:
                parts.append(text[kept_to : token.start()])
        elif token[0] in b"]}":
            depth -= 1
            if depth == 1:
                parts.append(b"[]")
                kept_to = token.end()
    return b"".join([*parts, text[kept_to:]])
