"""Feeds of the simulator's sensors with one kind of fault each, labelled by what struck. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from simulator.faults.kinds import Drift, FaultKind, NoiseBurst, Spike, StuckAt
from simulator.fleet.measurements import Measurements, Model
from simulator.sensors import build_sensors

KINDS: dict[str, FaultKind | None] = {
    "none": None,
    "spike": Spike(rate=0.02),
    "stuck_at": StuckAt(per_day=12, duration_s=(60, 600)),
    "drift": Drift(per_day=3, duration_s=(1800, 7200), share_per_hour=(0.5, 2)),
    "short_drift": Drift(per_day=6, duration_s=(60, 600), share_per_hour=(0.5, 2)),
    "noise_burst": NoiseBurst(per_day=12, duration_s=(60, 300)),
}
INTERVAL_S = 2.0
START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Feed:
    """One sensor's readings in order, with the truth."""

    sensor_type: str
    times_us: np.ndarray
    values: np.ndarray
    is_fault: np.ndarray
    """The sender's label: the value is not what it should have been."""
    limits: tuple[float, float]


def feeds(kind: str, seed: int, hours: float, sensors: int = 4) -> Iterator[Feed]:
    """`sensors` sensors, types in turn, with faults of one kind."""
    fault = KINDS[kind]
    model = Model(seed=seed, id_seed=str(seed), faults=(fault,) if fault else ())
    fleet = build_sensors(sensors, DEFAULT_SENSOR_TYPES[:4], ("here",), seed)
    measurements = Measurements(fleet, INTERVAL_S, model)
    measurements.begin(START)
    count = int(hours * 3600 / INTERVAL_S)
    readings = [measured.reading for measured in measurements.next(count * sensors)]
    for number, sensor in enumerate(fleet):
        own = readings[number::sensors]
        kind_of = sensor.sensor_type
        yield Feed(
            kind_of.name,
            np.array([round(reading.timestamp.timestamp() * 1e6) for reading in own], np.int64),
            np.array([reading.value for reading in own]),
            np.array([bool(reading.is_anomaly) for reading in own]),
            (
                np.nan if kind_of.physical_min is None else kind_of.physical_min,
                np.nan if kind_of.physical_max is None else kind_of.physical_max,
            ),
        )
