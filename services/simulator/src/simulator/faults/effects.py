"""What a fault does to a reading. Pure."""

import random
from dataclasses import dataclass, field
from typing import assert_never

from iot_contracts.sensor_types import SensorType
from simulator.faults.kinds import Drift, Dropout, Duplicate, FaultKind, Late, NoiseBurst, Offline, Spike, StuckAt
from simulator.faults.triggers import Episode

DECIMALS = 2
SECONDS_AN_HOUR = 3600


@dataclass(slots=True)
class Sample:
    """A measured value on its way through the faults."""

    value: float
    unix_s: float
    previous_value: float | None
    """What the sensor said before, faults included."""
    delays_s: list[float] = field(default_factory=lambda: [0.0])
    """For each delivery, how long after the measurement it comes; empty: it is never delivered."""


def strike(fault: FaultKind, sample: Sample, episode: Episode, sensor_type: SensorType, rng: random.Random) -> None:
    """Change `sample` as the fault does during `episode`."""
    width = sensor_type.normal_max - sensor_type.normal_min
    match fault:
        case Spike():
            sample.value = spike(sensor_type, rng.uniform(*fault.factor))
        case StuckAt():
            if episode.held_value is None:
                episode.held_value = sample.value if sample.previous_value is None else sample.previous_value
            sample.value = episode.held_value
        case Drift():
            hours = (sample.unix_s - episode.start_s) / SECONDS_AN_HOUR
            share = episode.sign * between(fault.share_per_hour, episode.strength) * hours
            sample.value = round(sample.value + share * width, DECIMALS)
        case NoiseBurst():
            share = rng.gauss(0, between(fault.deviation_share, episode.strength))
            sample.value = round(sample.value + share * width, DECIMALS)
        case Dropout() | Offline():
            sample.delays_s = []
        case Late():
            later_s = rng.uniform(*fault.delay_s)
            sample.delays_s = [delay_s + later_s for delay_s in sample.delays_s]
        case Duplicate():
            sample.delays_s += [delay_s + rng.uniform(*fault.delay_s) for delay_s in sample.delays_s[:1]]
        case _:
            assert_never(fault)


def spike(sensor_type: SensorType, factor: float) -> float:
    """A value `factor` (1.5 to 2.5) times the top of the normal range, so always above it.

    Where the top is not positive, as for a freezer, a multiple of it says nothing: there the value lies
    `factor - 1` widths of the range above the top.
    """
    top = sensor_type.normal_max
    if top > 0:
        return round(top * factor, DECIMALS)
    return round(top + (factor - 1) * (top - sensor_type.normal_min), DECIMALS)


def between(span: tuple[float, float], strength: float) -> float:
    """The point of a span: 0 its least, 1 its most."""
    return span[0] + (span[1] - span[0]) * strength
