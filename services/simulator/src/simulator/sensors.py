"""Who the sensors are. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from iot_contracts.sensor_types import SensorType


@dataclass(frozen=True)
class Sensor:
    """One sensor. What makes it differ from others of its type follows from the seed."""

    sensor_id: str
    sensor_type: SensorType
    location: str
    offset: float
    """How far it stands from the type's typical level, as a share of the normal range."""
    battery_phase: float
    """Where in its battery's life it is at the epoch, 0 to 1."""
    calibration_phase: float
    """Where between two calibrations it is at the epoch, 0 to 1."""
    drift_share: float
    """Its own part of the fleet's drift and the direction, -1 to 1."""


MAX_OFFSET = 0.06


def build_sensors(
    count: int, sensor_types: Sequence[SensorType], locations: Sequence[str], seed: int
) -> tuple[Sensor, ...]:
    """SENSOR_001 and on: every location gets each type in turn, so that 20 sensors are 5 × 4."""
    return tuple(_sensor(number, sensor_types, locations, seed) for number in range(count))


def _sensor(number: int, sensor_types: Sequence[SensorType], locations: Sequence[str], seed: int) -> Sensor:
    sensor_id = f"SENSOR_{number + 1:03d}"
    rng = random.Random(f"{seed}:{sensor_id}:identity")  # noqa: S311 - a model, not a secret
    return Sensor(
        sensor_id=sensor_id,
        sensor_type=sensor_types[number // len(locations) % len(sensor_types)],
        location=locations[number % len(locations)],
        offset=rng.uniform(-MAX_OFFSET, MAX_OFFSET),
        battery_phase=rng.random(),
        calibration_phase=rng.random(),
        drift_share=rng.uniform(-1, 1),
    )
