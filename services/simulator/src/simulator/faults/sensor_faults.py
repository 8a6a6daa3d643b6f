"""The faults of one sensor: those of the configuration, and those injected now. Pure."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from iot_contracts.sensor_types import SensorType
from simulator.faults.effects import Sample, strike
from simulator.faults.kinds import EpisodeFault, FaultKind
from simulator.faults.triggers import Chance, Episodes, Injection, Trigger
from simulator.sensors import Sensor


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a measured value."""

    value: float
    is_anomaly: bool
    """Ground truth: the value is not what the sensor should have said."""
    delays_s: Sequence[float]
    """For each delivery, how long after the measurement it comes; empty: it is never delivered."""


class SensorFaults:
    """Strikes by the configured faults in their order, then by the injected ones."""

    def __init__(self, sensor: Sensor, faults: Sequence[FaultKind], seed: int) -> None:
        self._sensor = sensor
        self._previous_value: float | None = None
        self._injected: list[tuple[FaultKind, Injection]] = []
        self._rng = random.Random(f"{seed}:{sensor.sensor_id}:injected")  # noqa: S311 - a model, not a secret
        self._configured = [
            (fault, _trigger(fault, rng), rng)
            for number, fault in enumerate(faults)
            if fault.concerns(sensor)
            for rng in [random.Random(f"{seed}:{sensor.sensor_id}:{number}:{fault.kind}")]  # noqa: S311
        ]

    def inject(self, fault: FaultKind, from_s: float, duration_s: float | None) -> None:
        """Let `fault` strike from `from_s` on: the next reading only, or all for `duration_s` seconds."""
        self._injected.append((fault, Injection(self._rng, from_s, duration_s)))

    def injected(self, unix_s: float) -> list[FaultKind]:
        """The injected faults that still strike at that time."""
        return [fault for fault, injection in self._injected if not injection.over(unix_s)]

    def apply(self, value: float, unix_s: float) -> Outcome:
        """What the faults make of a right value."""
        sample = Sample(value, unix_s, self._previous_value)
        for fault, trigger, rng in self._configured:
            self._strike(fault, trigger, sample, rng)
        for fault, injection in self._injected:
            self._strike(fault, injection, sample, self._rng)
        if self._injected:
            self._injected = [(fault, injection) for fault, injection in self._injected if not injection.over(unix_s)]
        self._previous_value = possible = _possible(sample.value, self._sensor.sensor_type)
        return Outcome(possible, possible != value, sample.delays_s)

    def _strike(self, fault: FaultKind, trigger: Trigger, sample: Sample, rng: random.Random) -> None:
        episode = trigger.at(sample.unix_s)
        if episode is not None:
            strike(fault, sample, episode, self._sensor.sensor_type, rng)


def _possible(value: float, sensor_type: SensorType) -> float:
    """The value, or the physical bound that it is beyond: ingest-api would refuse it, so nobody would see the fault."""
    lowest = -math.inf if sensor_type.physical_min is None else sensor_type.physical_min
    highest = math.inf if sensor_type.physical_max is None else sensor_type.physical_max
    return min(max(value, lowest), highest)


def _trigger(fault: FaultKind, rng: random.Random) -> Trigger:
    if isinstance(fault, EpisodeFault):
        return Episodes(rng, fault.per_day, fault.duration_s)
    return Chance(rng, fault.rate)
