"""One JSON value as a reading, or why it is none: what JSON and NDJSON share. Pure."""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from ingest_api.errors import MalformedBodyError, TooManyReadingsError
from ingest_api.readings.verdicts import Candidate, rejection
from iot_contracts.readings import MAX_NAME_LENGTH, Reading, SubmittedReading

_UncheckedName = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_LENGTH)]


class UncheckedSubmission(SubmittedReading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A submitted reading but for the pattern of its names.

    To match two patterns a reading costs more than all the rest of decoding it; a batch has few names, and the
    verdicts look at each of them once.
    """

    sensor_id: _UncheckedName
    sensor_type: _UncheckedName


class UncheckedReading(Reading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A complete reading but for the pattern of its names and the bound of its value, which the rules know."""

    sensor_id: _UncheckedName
    sensor_type: _UncheckedName
    value: float


_submission = msgspec.json.Decoder(UncheckedSubmission)
_BYTE = re.compile(r" \(byte (\d+)\)$")


def decode_item(index: int, item: msgspec.Raw | bytes) -> Candidate:
    """Item `index` of a request. Raises msgspec.DecodeError or UnicodeDecodeError when it is not JSON."""
    try:
        return _submission.decode(item)
    except msgspec.ValidationError as error:
        return rejection(index, error)


def check_count(count: int, max_readings: int) -> None:
    """Raises TooManyReadingsError when `count` is more than `max_readings`."""
    if count > max_readings:
        raise TooManyReadingsError(
            f"One request takes at most {max_readings} readings; split the batch over several requests"
        )


def where_and_what(error: msgspec.DecodeError, text_length: int) -> tuple[int, str]:
    """The byte of a text of `text_length` bytes at which it stops being JSON, and why."""
    message = str(error)
    match = _BYTE.search(message)
    what = _BYTE.sub("", message).removeprefix("JSON is malformed: ")
    if match is None:
        return text_length, what
    # Of what follows the value msgspec names the byte after the first.
    return int(match[1]) - (what == "trailing characters"), what


def malformed(error: msgspec.DecodeError, text_length: int, offset: int = 0) -> MalformedBodyError:
    """The error for a body that stops being JSON in a text of `text_length` bytes that begins at byte `offset`."""
    position, what = where_and_what(error, text_length)
    return MalformedBodyError(f"At byte {offset + position}: {what}. Nothing was taken; correct the body")


def not_utf8(body: bytes) -> MalformedBodyError:
    """The error for a body that has a byte that is not UTF-8, naming its position."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        return MalformedBodyError(f"At byte {error.start}: not UTF-8. Nothing was taken; encode the body in UTF-8")
    return MalformedBodyError("A string is not UTF-8. Nothing was taken; encode the body in UTF-8")
