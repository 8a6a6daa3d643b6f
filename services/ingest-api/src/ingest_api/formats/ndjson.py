"""NDJSON: a reading a line, UTF-8, blank lines ignored. Pure.

A line stands for itself: one that is not JSON is a rejected item, and the others are taken.
"""

from collections.abc import Sequence

import msgspec

from ingest_api.errors import MalformedBodyError
from ingest_api.formats.candidates import Candidate
from ingest_api.formats.encoded import EncodedReadings
from ingest_api.formats.json_items import check_count, decode_item, is_unambiguous
from iot_contracts.problems import ItemError
from iot_domain.reading_files.json_items import BOM, UncheckedReading, UncheckedSubmission, where_and_why

MEDIA_TYPE = "application/x-ndjson"
MALFORMED_LINE = "malformed_line"

_complete = msgspec.json.Decoder(UncheckedReading)
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_incomplete = msgspec.json.Decoder(UncheckedSubmission)


def decode(body: bytes, max_readings: int) -> Sequence[Candidate]:
    """The readings of the lines in their order; a blank line is none, a byte order mark at the start is skipped.

    Raises TooManyReadingsError when there are more than `max_readings` lines, MalformedBodyError naming the
    first byte that is wrong when no line at all is JSON.
    """
    offset = len(BOM) if body.startswith(BOM) else 0
    text = body[offset:] if offset else body
    check_count(text.count(b"\n"), max_readings)
    lines = text.split(b"\n")
    filled = [line for line in lines if line and not line.isspace()]
    check_count(len(filled), max_readings)
    end = b"\n" if text.endswith(b"\n") else b""
    for decoder in (_complete, _incomplete):
        try:
            # Not decode_lines: it splits by value, so that a line could hold two of them, or a half.
            readings = [decoder.decode(line) for line in filled]
            if encoded := EncodedReadings.if_canonical(text, readings, b"", b"\n", end):
                return encoded
            if is_unambiguous(text, readings, lambda: [_fields.decode(line) for line in filled]):
                return readings
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        break
    return _decode_each(lines, offset)


def _decode_each(lines: Sequence[bytes], offset: int) -> Sequence[Candidate]:
    candidates: list[Candidate] = []
    for line in lines:
        if line.strip():
            candidates.append(_decode_line(len(candidates), line, offset))
        offset += len(line) + 1
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
        position, why = error.start, "not UTF-8"
    except RecursionError:
        position, why = 0, "nested too deeply"
    except msgspec.DecodeError as error:
        position, why = where_and_why(error, len(line))
    detail = f"At byte {offset + position}: {why}; a line is one reading as a JSON object"
    return ItemError(index=index, pointer="", code=MALFORMED_LINE, detail=detail)
