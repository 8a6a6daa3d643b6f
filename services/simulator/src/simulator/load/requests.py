"""Requests that are encoded before the load begins, and made unique as they are sent. Pure."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec

from iot_contracts.readings import Reading
from iot_domain.ingest_answers import READINGS_PATH
from simulator.fleet.measurements import Measurements

# A raw control character can't be in a JSON text, so nothing else looks like these.
_ID_MARK, _TIME_MARK = b"\x01", b"\x02"
_ID_HEAD_LENGTH = len("01234567-89ab-7cde-8f01-")
_TIME_LENGTH = len("2026-03-01T12:00:00.000Z")
_NUMBER_BITS, _RUN_BITS, _PLACE_BITS = 26, 31, 17


class Requests:
    """Whole HTTP/1.1 requests to `POST /v1/readings`, one after the other, without end.

    All readings of a request share their time and the first half of their reading_ids (UUIDv7: the time and the
    request's number), which two replacements put in: 1,000 readings take a fifth of a millisecond. The second half
    is random bits of the worker's own and the reading's place, so that no two workers or loads have the same ids.
    """

    def __init__(
        self,
        measurements: Measurements,
        url: str,
        batch: int,
        templates: int,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._number = 0
        run = secrets.randbits(_RUN_BITS)
        self._templates = [
            _template([item.reading for item in measurements.next(batch)], url, headers or {}, run)
            for _ in range(templates)
        ]

    def next(self, unix_s: float) -> bytes:
        """The next request, its readings measured at `unix_s`."""
        template = self._templates[self._number % len(self._templates)]
        unix_ms = int(unix_s * 1000)
        head = _id_head(unix_ms, self._number)
        self._number += 1
        return template.replace(_ID_MARK, head).replace(_TIME_MARK, _time(unix_ms))


def _template(readings: list[Reading], url: str, headers: Mapping[str, str], run: int) -> bytes:
    items = [_marked(run << _PLACE_BITS | place, reading) for place, reading in enumerate(readings)]
    body = items[0] if len(items) == 1 else b"[" + b",".join(items) + b"]"
    # Each mark is one byte, and what takes its place has always the same length.
    length = len(body) + len(items) * (_ID_HEAD_LENGTH - 1 + _TIME_LENGTH - 1)
    address = urlsplit(url)
    host = address.netloc.rpartition("@")[2]
    head = (
        f"POST {address.path.rstrip('/')}{READINGS_PATH} HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    )
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
    return head.encode() + body


def _marked(last_bits: int, reading: Reading) -> bytes:
    fields = msgspec.to_builtins(reading)
    fields["reading_id"], fields["timestamp"] = "?id?", "?time?"
    text = msgspec.json.encode(fields)
    text = text.replace(b'"reading_id":"?id?"', b'"reading_id":"' + _ID_MARK + b'%012x"' % last_bits, 1)
    return text.replace(b'"timestamp":"?time?"', b'"timestamp":"' + _TIME_MARK + b'"', 1)


def _id_head(unix_ms: int, number: int) -> bytes:
    """The first 80 bits of a UUIDv7: 48 of time, then 26 of the number around version and variant."""
    serial = number & (1 << _NUMBER_BITS) - 1
    time = b"%012x" % unix_ms
    return b"%s-%s-7%03x-%04x-" % (time[:8], time[8:], serial >> 14, 0x8000 | serial & 0x3FFF)


def _time(unix_ms: int) -> bytes:
    at = datetime.fromtimestamp(unix_ms // 1000, UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{unix_ms % 1000:03d}Z".encode()
