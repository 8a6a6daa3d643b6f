"""Precisions of line protocol's timestamps, under the names of InfluxDB's APIs. Pure."""

from collections.abc import Callable
from datetime import datetime

from iot_domain.event_time import from_microseconds

MAX_DIGITS = 40
"""Of a longer text not even the number is worked out."""

_INT64 = 2**63

ToMicroseconds = Callable[[int], int]


def _nanoseconds(time: int) -> int:
    return time // 1_000


def _microseconds(time: int) -> int:
    return time


def _milliseconds(time: int) -> int:
    return time * 1_000


def _seconds(time: int) -> int:
    return time * 1_000_000


def _minutes(time: int) -> int:
    return time * 60_000_000


def _hours(time: int) -> int:
    return time * 3_600_000_000


def _by_magnitude(time: int) -> int:
    """As InfluxDB 3: seconds below 5e9, milliseconds below 5e12, microseconds below 5e15, else nanoseconds."""
    magnitude = abs(time)
    if magnitude < 5_000_000_000:
        return _seconds(time)
    if magnitude < 5_000_000_000_000:
        return _milliseconds(time)
    return time if magnitude < 5_000_000_000_000_000 else _nanoseconds(time)


PRECISIONS: dict[str, ToMicroseconds] = {
    "auto": _by_magnitude,
    "ns": _nanoseconds,
    "n": _nanoseconds,
    "nanosecond": _nanoseconds,
    "us": _microseconds,
    "u": _microseconds,
    "µ": _microseconds,
    "microsecond": _microseconds,
    "ms": _milliseconds,
    "millisecond": _milliseconds,
    "s": _seconds,
    "second": _seconds,
    "m": _minutes,
    "h": _hours,
}
"""By its name: how a timestamp becomes microseconds, the finest that a reading has."""


def point_time(text: str, to_microseconds: ToMicroseconds) -> datetime:
    """The time of a line. Raises ValueError when it is no time between the years 1 and 9999."""
    if len(text) > MAX_DIGITS or not -_INT64 <= (time := int(text)) < _INT64:
        raise ValueError(f"timestamp {text[:40]!r} is out of the range of 64 bits")
    return from_microseconds(to_microseconds(time))
