"""Rules for a reading beyond its shape: a known type in its unit, a possible value, an allowed time. Pure."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from ingest_api.readings.catalogue import bounds_of
from iot_contracts.readings import EARLIEST_EVENT_TIME, LATEST_EVENT_TIME, MAX_VALUE, Reading
from iot_domain.catalogue import Catalogue

Limits = tuple[float, float]
"""Lowest and highest possible value; both are finite, so that neither an infinity nor a NaN lies between them."""

# What is accepted here must not be refused by any consumer.
_FIRST, _LAST = EARLIEST_EVENT_TIME, LATEST_EVENT_TIME


class Violation(NamedTuple):
    """Which field breaks which rule, and what to do about it."""

    pointer: str
    code: str
    detail: str


class Window(NamedTuple):
    """The event times that are accepted now, both ends included."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Rules:
    """The rules. `closed`: a type that is not in the catalogue is refused. `max_age` None: no reading is too old.

    `max_value` bounds the values of every type, up and down; the catalogue's bounds narrow it.
    """

    catalogue: Catalogue
    closed: bool
    max_ahead: timedelta
    max_age: timedelta | None
    max_value: float = MAX_VALUE

    def window(self, now: datetime) -> Window:
        """The event times that are accepted at `now`."""
        earliest = _FIRST if self.max_age is None or self.max_age > now - _FIRST else now - self.max_age
        latest = _LAST if self.max_ahead > _LAST - now else now + self.max_ahead
        return Window(earliest, latest)

    def limits(self, sensor_type: str, unit: str) -> Limits | None:
        """The possible values of a type in a unit; None when the type, or the type in that unit, is refused."""
        entry = self.catalogue.get(sensor_type)
        if entry is None:
            return None if self.closed else (-self.max_value, self.max_value)
        if entry.unit != unit:
            return None
        return bounds_of(entry, self.max_value)

    def violation(self, reading: Reading, window: Window) -> Violation | None:
        """The first rule that `reading` breaks, if it breaks one."""
        limits = self.limits(reading.sensor_type, reading.unit)
        if limits is None:
            return self._wrong_kind(reading)
        if not limits[0] <= reading.value <= limits[1]:
            return self._impossible_value(reading, limits)
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
            f"Is before {window.earliest.isoformat()}, the oldest time that is accepted; send newer readings only",
        )

    def _impossible_value(self, reading: Reading, limits: Limits) -> Violation:
        if not math.isfinite(reading.value):
            return Violation("/value", "value_not_finite", "Is not a finite number; leave the reading out")
        if abs(reading.value) > self.max_value:
            return Violation(
                "/value",
                "value_out_of_bounds",
                f"{reading.value:g} lies outside of {-self.max_value:g} to {self.max_value:g}, the range of "
                "every sensor; check the sensor, use a larger unit, or let an operator raise the bound",
            )
        return Violation(
            "/value",
            "value_out_of_bounds",
            f"{reading.value} {reading.unit} is impossible for {reading.sensor_type}, "
            f"which lies between {limits[0]} and {limits[1]}; check the sensor or the unit",
        )
