"""Precisions of line protocol's timestamps, under the names of InfluxDB's APIs. Pure."""

from collections.abc import Callable
from datetime import datetime

from iot_domain.event_time import from_microseconds

MAX_DIGITS = 40
"""Of a longer text not even the number is worked out."""

_LATEST = 2**63 - 2
"""InfluxDB's latest time, in nanoseconds; the earliest is its negative."""
_MICROSECOND, _MILLISECOND, _SECOND = 1_000, 1_000_000, 1_000_000_000

ToNanoseconds = Callable[[int], int]


def _nanoseconds(time: int) -> int:
    return time


def _microseconds(time: int) -> int:
    return time * _MICROSECOND


def _milliseconds(time: int) -> int:
    return time * _MILLISECOND


def _seconds(time: int) -> int:
    return time * _SECOND


def _minutes(time: int) -> int:
    return time * 60 * _SECOND


def _hours(time: int) -> int:
    return time * 3_600 * _SECOND


def _by_magnitude(time: int) -> int:
    """As InfluxDB 3: seconds below 5e9, milliseconds below 5e12, microseconds below 5e15, else nanoseconds."""
    magnitude = abs(time)
    if magnitude < 5_000_000_000:
        return _seconds(time)
    if magnitude < 5_000_000_000_000:
        return _milliseconds(time)
    return _microseconds(time) if magnitude < 5_000_000_000_000_000 else time


PRECISIONS: dict[str, ToNanoseconds] = {
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
"""By its name: how a timestamp becomes nanoseconds."""


def point_time(text: str, to_nanoseconds: ToNanoseconds) -> int:
    """The time of a line in nanoseconds since the epoch.

    Raises ValueError when it is none that InfluxDB has: they are 64 bits of nanoseconds in every precision.
    """
    if len(text) <= MAX_DIGITS and -_LATEST <= (time := to_nanoseconds(int(text))) <= _LATEST:
        return time
    raise ValueError(f"timestamp {text[:40]!r} is out of the range of 64 bits of nanoseconds, the years 1677 to 2262")


def instant(nanoseconds: int) -> datetime:
    """The instant `nanoseconds` after the epoch, cut to the microsecond, the finest that a reading has."""
    return from_microseconds(nanoseconds // _MICROSECOND)
