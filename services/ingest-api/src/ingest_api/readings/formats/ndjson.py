"""NDJSON: a reading a line, UTF-8, blank lines ignored. Pure.

A line stands for itself: one that is not JSON is a rejected item, and the others are taken.
"""

from collections.abc import Sequence

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.readings.formats.json_items import (
    UncheckedReading,
    UncheckedSubmission,
    check_count,
    decode_item,
    where_and_what,
)
from ingest_api.readings.verdicts import Candidate
from iot_contracts.problems import ItemError

MEDIA_TYPE = "application/x-ndjson"
MALFORMED_LINE = "malformed_line"

_complete = msgspec.json.Decoder(UncheckedReading)
_incomplete = msgspec.json.Decoder(UncheckedSubmission)


def decode(body: bytes, max_readings: int) -> Sequence[Candidate]:
    """The readings of the lines in their order; a blank line is none.

    Raises TooManyReadingsError when there are more than `max_readings` lines, MalformedBodyError naming the
    first byte that is wrong when no line at all is JSON.
    """
    check_count(body.count(b"\n"), max_readings)
    for decoder in (_complete, _incomplete):
        try:
            candidates = decoder.decode_lines(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        check_count(len(candidates), max_readings)
        return candidates
    return _decode_each(body, max_readings)


def _decode_each(body: bytes, max_readings: int) -> Sequence[Candidate]:
    candidates: list[Candidate] = []
    offset = 0
    for line in body.split(b"\n"):
        if line.strip():
            candidates.append(_decode_line(len(candidates), line, offset))
        offset += len(line) + 1
    check_count(len(candidates), max_readings)
    first = candidates[0] if candidates else None
    if isinstance(first, ItemError) and all(map(_is_malformed, candidates)):
        raise MalformedBodyError(f"No line is JSON. {first.detail}")
    return candidates


def _is_malformed(candidate: Candidate) -> bool:
    return isinstance(candidate, ItemError) and candidate.code == MALFORMED_LINE


def _decode_line(index: int, line: bytes, offset: int) -> Candidate:
    try:
        line.decode()  # msgspec doesn't look into strings that it skips
        return decode_item(index, line)
    except UnicodeDecodeError as error:
        position, what = error.start, "not UTF-8"
    except RecursionError:
        position, what = 0, "nested too deeply"
    except msgspec.DecodeError as error:
        position, what = where_and_what(error, len(line))
    detail = f"At byte {offset + position}: {what}; a line is one reading as a JSON object"
    return ItemError(index=index, pointer="", code=MALFORMED_LINE, detail=detail)
