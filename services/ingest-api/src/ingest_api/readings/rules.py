"""What a reading must be beyond its shape: a known type in its unit, a possible value, a time near enough. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ingest_api.readings.catalogue import Catalogue
from iot_contracts.readings import Reading

Limits = tuple[float, float]
"""Lowest and highest possible value; both are finite, so that neither an infinity nor a NaN lies between them."""

_LARGEST = math.nextafter(math.inf, 0)
_ANY_VALUE: Limits = (-_LARGEST, _LARGEST)
# What every consumer can hold, in whatever time zone it shows it: what is accepted here must not be refused there.
_FIRST, _LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)


class Violation(NamedTuple):
    """Which field breaks which rule, and what to do about it."""

    pointer: str
    code: str
    detail: str


class Window(NamedTuple):
    """The event times that are taken now, both ends included."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Rules:
    """The rules. `closed`: a type that the catalogue has not is refused. `max_age` None: no reading is too old."""

    catalogue: Catalogue
    closed: bool
    max_ahead: timedelta
    max_age: timedelta | None

    def window(self, now: datetime) -> Window:
        """The event times that are taken at `now`."""
        earliest = _FIRST if self.max_age is None or self.max_age > now - _FIRST else now - self.max_age
        latest = _LAST if self.max_ahead > _LAST - now else now + self.max_ahead
        return Window(earliest, latest)

    def limits(self, sensor_type: str, unit: str) -> Limits | None:
        """The possible values of a type in a unit; None when the type, or the type in that unit, is not taken."""
        entry = self.catalogue.get(sensor_type)
        if entry is None:
            return None if self.closed else _ANY_VALUE
        if entry.unit != unit:
            return None
        low, high = entry.physical_min, entry.physical_max
        return (-_LARGEST if low is None else low, _LARGEST if high is None else high)

    def violation(self, reading: Reading, window: Window) -> Violation | None:
        """The first rule that `reading` breaks, if it breaks one."""
        limits = self.limits(reading.sensor_type, reading.unit)
        if limits is None:
            return self._wrong_kind(reading)
        if not limits[0] <= reading.value <= limits[1]:
            return _impossible_value(reading, limits)
        if not window.earliest <= reading.timestamp <= window.latest:
            return self._wrong_time(reading, window)
        return None

    def _wrong_kind(self, reading: Reading) -> Violation:
        entry = self.catalogue.get(reading.sensor_type)
        if entry is None:
            return Violation(
                "/sensor_type",
                "unknown_sensor_type",
                f"{reading.sensor_type!r} is not in the catalogue; send one of {', '.join(self.catalogue)}, "
                "or let an operator add it",
            )
        return Violation(
            "/unit",
            "wrong_unit",
            f"{reading.sensor_type} is measured in {entry.unit!r}, not {reading.unit!r}; convert the value",
        )

    def _wrong_time(self, reading: Reading, window: Window) -> Violation:
        if reading.timestamp > window.latest:
            return Violation(
                "/timestamp",
                "timestamp_in_future",
                f"Is more than {self.max_ahead.total_seconds():g} s ahead of this server's clock; "
                "correct the sensor's clock",
            )
        return Violation(
            "/timestamp",
            "timestamp_too_old",
            f"Is before {window.earliest.isoformat()}, older than is taken here; send newer readings only",
        )


def _impossible_value(reading: Reading, limits: Limits) -> Violation:
    if not math.isfinite(reading.value):
        return Violation("/value", "value_not_finite", "Is not a finite number; leave the reading out")
    return Violation(
        "/value",
        "value_out_of_bounds",
        f"{reading.value} {reading.unit} is impossible for {reading.sensor_type}, "
        f"which lies between {limits[0]} and {limits[1]}; check the sensor or the unit",
    )
