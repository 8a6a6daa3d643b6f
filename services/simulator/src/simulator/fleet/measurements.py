"""What the sensors measure and when. No I/O: times come in, readings come out."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from iot_contracts.readings import Reading
from simulator.faults.kinds import FaultKind
from simulator.faults.sensor_faults import SensorFaults
from simulator.fleet.batteries import DEFAULT_LIFE_DAYS, battery_level
from simulator.fleet.calibration import calibration_error
from simulator.fleet.cycles import normal_value
from simulator.fleet.slow_noise import SlowNoise, blend, slow_noise
from simulator.reading_ids import RANDOM_BITS, uuid7
from simulator.sensors import Sensor


@dataclass(frozen=True, kw_only=True)
class Model:
    """What the values follow. Same model, same start and same times: the same readings, their ids included."""

    seed: int
    id_seed: str
    """Where the reading_ids come from: a secret where nobody wants the same ones again."""
    faults: tuple[FaultKind, ...] = ()
    location_correlation: float = 0.8
    drift_per_day: float = 0.0005
    """Share of the normal range that the worst calibration loses a day."""
    battery_life_days: float = DEFAULT_LIFE_DAYS


@dataclass(frozen=True, slots=True)
class Measured:
    """A reading, and for each of its deliveries how long after the measurement it comes (none: never)."""

    reading: Reading
    delays_s: Sequence[float]


class SensorModel:
    """One sensor's values."""

    def __init__(self, sensor: Sensor, shared: SlowNoise, model: Model) -> None:
        self.sensor = sensor
        self.faults = SensorFaults(sensor, model.faults, model.seed)
        self._model = model
        self._shared = shared
        self._own = slow_noise(f"{model.seed}:{sensor.sensor_id}:slow")
        self._noise = random.Random(f"{model.seed}:{sensor.sensor_id}:values")  # noqa: S311 - a model, not a secret
        self._ids = random.Random(f"{model.id_seed}:{sensor.sensor_id}:ids")  # noqa: S311 - nor are ids

    def measure(self, unix_ms: int) -> Measured:
        """The reading of a time."""
        sensor, at = self.sensor, datetime.fromtimestamp(unix_ms / 1000, UTC)
        outcome = self.faults.apply(self._right_value(at, unix_ms / 1000), unix_ms / 1000)
        reading = Reading(
            reading_id=uuid7(unix_ms, self._ids.getrandbits(RANDOM_BITS)),
            sensor_id=sensor.sensor_id,
            sensor_type=sensor.sensor_type.name,
            location=sensor.location,
            value=outcome.value,
            unit=sensor.sensor_type.unit,
            timestamp=at,
            is_anomaly=outcome.is_anomaly,
            battery_level=battery_level(sensor.battery_phase, at, self._model.battery_life_days),
        )
        return Measured(reading, outcome.delays_s)

    def _right_value(self, at: datetime, unix_s: float) -> float:
        sensor, model = self.sensor, self._model
        drift = calibration_error(sensor.calibration_phase, model.drift_per_day * sensor.drift_share, at)
        return normal_value(
            sensor.sensor_type,
            at,
            offset=sensor.offset + drift,
            deviation=self._noise.gauss(0, 1),
            slow_deviation=blend(self._shared.at(unix_s), self._own.at(unix_s), model.location_correlation),
        )


class Measurements:
    """Readings of a fleet, in order. Sensors take turns: their phases are spread evenly over the interval."""

    def __init__(self, sensors: Sequence[Sensor], interval_s: float, model: Model) -> None:
        shared = {sensor.location: slow_noise(f"{model.seed}:{sensor.location}:slow") for sensor in sensors}
        self.sensors = {sensor.sensor_id: SensorModel(sensor, shared[sensor.location], model) for sensor in sensors}
        """By sensor id, in the order of their turns."""
        self._turns = list(self.sensors.values())
        self._step_s = interval_s / len(sensors)
        self._origin_s = 0.0
        self._number = 0
        self._turn = 0

    @property
    def rate_per_s(self) -> float:
        """Measurements a second of the whole fleet."""
        return 1 / self._step_s

    def begin(self, started: datetime) -> None:
        """The first sensor's first reading is due at `started`, the k-th reading `k * interval / sensors` later."""
        self._origin_s = started.timestamp()
        self._number = self._turn = 0

    def change_interval(self, interval_s: float, now: datetime) -> None:
        """Measure at another pace: the next reading when it was due, or a new step from `now` where that is earlier."""
        self._step_s, old_step_s = interval_s / len(self._turns), self._step_s
        self._origin_s = min(self._origin_s + self._number * old_step_s, now.timestamp() + self._step_s)
        self._number = 0

    def due(self, now: datetime, limit: int) -> list[Measured]:
        """What has become due by `now`; after a gap (a suspended machine) the last `limit` of it."""
        count = math.floor((now.timestamp() - self._origin_s) / self._step_s) + 1 - self._number
        skipped = max(0, count - limit)
        self._number += skipped
        self._turn += skipped
        return self.next(count - skipped)

    def next(self, count: int) -> list[Measured]:
        """The next `count` measurements, whenever they are due."""
        measured = []
        for _ in range(count):
            unix_ms = round((self._origin_s + self._number * self._step_s) * 1000)
            measured.append(self._turns[self._turn % len(self._turns)].measure(unix_ms))
            self._number += 1
            self._turn += 1
        return measured
