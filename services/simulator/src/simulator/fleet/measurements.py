"""What the sensors measure and when. No I/O: times come in, readings come out."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime

from iot_contracts.readings import Reading
from simulator.fleet.batteries import battery_level
from simulator.fleet.cycles import normal_value
from simulator.fleet.faults import SPIKE_FACTORS, spike
from simulator.fleet.sensors import Sensor
from simulator.reading_ids import new_reading_id


class Measurements:
    """Readings of a fleet, in order. Sensors take turns: their phases are spread evenly over the interval.

    The k-th reading is due `k * interval / sensors` seconds after the start. With the same seed and the
    same times the values are the same.
    """

    def __init__(self, sensors: Sequence[Sensor], interval_s: float, anomaly_rate: float, seed: int) -> None:
        self._sensors = sensors
        self._step_s = interval_s / len(sensors)
        self._anomaly_rate = anomaly_rate
        self._rngs = [
            random.Random(f"{seed}:{sensor.sensor_id}:values")  # noqa: S311 - a model, not a secret
            for sensor in sensors
        ]
        self._next = 0

    def due(self, started: datetime, now: datetime, limit: int) -> list[Reading]:
        """The readings that have become due by `now`; after a gap (a suspended machine) the last `limit`."""
        end = int((now - started).total_seconds() / self._step_s) + 1
        numbers = range(max(self._next, end - limit), end)
        self._next = max(self._next, end)
        return [self._measure(number, started) for number in numbers]

    def restart(self) -> None:
        """Count from the first sensor again."""
        self._next = 0

    def _measure(self, number: int, started: datetime) -> Reading:
        turn = number % len(self._sensors)
        sensor, rng = self._sensors[turn], self._rngs[turn]
        unix_ms = round((started.timestamp() + number * self._step_s) * 1000)
        at = datetime.fromtimestamp(unix_ms / 1000, UTC)
        value = normal_value(sensor.sensor_type, at, offset=sensor.offset, deviation=rng.gauss(0, 1))
        is_anomaly = rng.random() < self._anomaly_rate
        if is_anomaly:
            value = spike(sensor.sensor_type, rng.uniform(*SPIKE_FACTORS))
        return Reading(
            reading_id=new_reading_id(at),
            sensor_id=sensor.sensor_id,
            sensor_type=sensor.sensor_type.name,
            location=sensor.location,
            value=value,
            unit=sensor.sensor_type.unit,
            timestamp=at,
            is_anomaly=is_anomaly,
            battery_level=battery_level(sensor.battery_phase, at),
        )
