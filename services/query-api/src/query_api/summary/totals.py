"""Totals per sensor, and the key figures that follow from them. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

SensorKey = tuple[str, str, str]
"""sensor_id, sensor_type, location"""


@dataclass(frozen=True, slots=True)
class SensorTotals:
    """What is known of one sensor."""

    count: int
    anomalies: int
    from_tail: int
    last_reading_at: datetime
    battery_percent: float | None
    battery_at: datetime | None


Totals = Mapping[SensorKey, SensorTotals]


def _newer_battery(one: SensorTotals, other: SensorTotals) -> bool:
    return one.battery_at is not None and (other.battery_at is None or one.battery_at > other.battery_at)


def count_by_type(totals: Totals) -> dict[str, int]:
    """Readings per sensor type, by name."""
    return _sums((sensor_type, one.count) for (_, sensor_type, _), one in totals.items())


def count_by_location(totals: Totals) -> dict[str, int]:
    """Readings per location, by name."""
    return _sums((location, one.count) for (_, _, location), one in totals.items())


def batteries(totals: Totals) -> dict[str, float]:
    """Each sensor's latest known battery level in percent."""
    return {level.sensor_id: level.percent for level in battery_levels(totals)}


@dataclass(frozen=True, slots=True)
class BatteryLevel:
    """A sensor's latest known level, and where and when it was."""

    sensor_id: str
    location: str
    percent: float
    at: datetime


def battery_levels(totals: Totals) -> list[BatteryLevel]:
    """Each sensor's latest known battery level, lowest first."""
    latest: dict[str, tuple[str, SensorTotals]] = {}
    for (sensor_id, _, location), one in totals.items():
        if one.battery_at is not None and (sensor_id not in latest or _newer_battery(one, latest[sensor_id][1])):
            latest[sensor_id] = (location, one)
    levels = [
        BatteryLevel(sensor_id, location, one.battery_percent, one.battery_at)
        for sensor_id, (location, one) in latest.items()
        if one.battery_percent is not None and one.battery_at is not None
    ]
    return sorted(levels, key=lambda level: (level.percent, level.sensor_id))


def sensors_by_type(totals: Totals) -> dict[str, int]:
    """Sensors per sensor type, by name."""
    return _sums((sensor_type, 1) for sensor_id, sensor_type in {key[:2] for key in totals})


def sensors_since(totals: Totals, start: datetime) -> int:
    """Sensors whose newest reading is of `start` or later."""
    return len({sensor_id for (sensor_id, _, _), one in totals.items() if one.last_reading_at >= start})


def _sums(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for name, count in pairs:
        sums[name] += count
    return dict(sorted(sums.items()))
