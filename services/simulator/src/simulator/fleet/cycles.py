"""How a quantity goes through the day and the week. Pure: everything is a share of the type's normal range."""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from iot_contracts.sensor_types import SensorType

LOWEST, HIGHEST = 0.01, 0.99
"""Normal values stay this far inside the normal range."""


@dataclass(frozen=True, kw_only=True)
class Cycle:
    """Level = middle ± daily swing ± weekly swing, plus slow deviations and noise; hours are UTC."""

    middle: float
    daily: float
    peak_hour: float
    weekly: float = 0.02
    noise: float = 0.01
    """Standard deviation between two readings."""
    slow: float = 0.025
    """Standard deviation over hours, most of it shared by the sensors of one location; negative: it goes against
    what the others do there."""
    per_day: int = 1
    shape: Literal["sine", "daylight"] = "sine"


# Coastal Morocco: warmest in the afternoon, most humid before dawn, the air pressure's two tides a day
# (10 and 22 h local solar time), light from sunrise to sunset; machines work on weekdays.
CYCLES: dict[str, Cycle] = {
    "temperature": Cycle(middle=0.52, daily=0.13, peak_hour=14.5),
    "humidity": Cycle(middle=0.62, daily=0.16, peak_hour=4.5, noise=0.015, slow=-0.03),
    "pressure": Cycle(middle=0.58, daily=0.015, peak_hour=10, per_day=2, weekly=0.05, noise=0.004, slow=0.04),
    "light": Cycle(middle=0.02, daily=0.8, peak_hour=12.5, shape="daylight", weekly=0.0, noise=0.008, slow=0.08),
    "machine_temperature": Cycle(middle=0.55, daily=0.1, peak_hour=13, weekly=0.08),
}
OTHER_TYPES = Cycle(middle=0.5, daily=0.15, peak_hour=14)
"""For types that the catalogue has and the table above hasn't."""

_MIDWEEK_DAY = 2.5


def level(cycle: Cycle, at: datetime, slow_deviation: float = 0.0) -> float:
    """The level at a time (UTC) without noise, as a share of the normal range.

    `slow_deviation` is in standard deviations: weather, the load of a machine. In the dark it changes no light.
    """
    hour = at.hour + at.minute / 60 + at.second / 3600
    wave = math.cos(2 * math.pi * cycle.per_day * (hour - cycle.peak_hour) / 24)
    slow = cycle.slow * slow_deviation
    if cycle.shape == "daylight":
        wave = max(0.0, wave)
        slow *= wave
    week = math.cos(2 * math.pi * (at.weekday() + hour / 24 - _MIDWEEK_DAY) / 7)
    return cycle.middle + cycle.daily * wave + cycle.weekly * week + slow


def normal_value(
    sensor_type: SensorType, at: datetime, *, offset: float, deviation: float, slow_deviation: float = 0.0
) -> float:
    """A normal value, in the type's unit, always inside its normal range.

    `offset` is the sensor's own, as a share of the range; the deviations are in standard deviations of the
    noise and of the slow deviations.
    """
    cycle = CYCLES.get(sensor_type.name, OTHER_TYPES)
    share = level(cycle, at, slow_deviation) + offset + cycle.noise * deviation
    span = sensor_type.normal_max - sensor_type.normal_min
    value = sensor_type.normal_min + span * min(max(share, LOWEST), HIGHEST)
    return min(max(round(value, 2), sensor_type.normal_min), sensor_type.normal_max)
