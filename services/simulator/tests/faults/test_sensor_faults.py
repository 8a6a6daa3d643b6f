from typing import Any

import pytest

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from simulator.faults.kinds import Drift, Dropout, Duplicate, FaultKind, Late, NoiseBurst, Offline, Spike, StuckAt
from simulator.faults.sensor_faults import Outcome, SensorFaults
from simulator.sensors import build_sensors

[SENSOR] = build_sensors(1, DEFAULT_SENSOR_TYPES[:1], ["here"], seed=1)
ALWAYS: dict[str, Any] = {"per_day": 86_400, "duration_s": (100_000, 100_000)}


def outcomes(fault: FaultKind, count: int = 50) -> list[Outcome]:
    faults = SensorFaults(SENSOR, (fault,), seed=1)
    return [faults.apply(20.0 + number, 1e9 + 60 * number) for number in range(count)]


@pytest.mark.parametrize("fault", [Spike(rate=1), StuckAt(**ALWAYS), Drift(**ALWAYS), NoiseBurst(**ALWAYS)])
def test_a_value_is_an_anomaly_exactly_when_it_is_wrong(fault: FaultKind) -> None:
    found = outcomes(fault)
    assert sum(outcome.is_anomaly for outcome in found) > 40
    for number, outcome in enumerate(found):
        assert outcome.is_anomaly is (outcome.value != 20.0 + number)
        assert list(outcome.delays_s) == [0.0]


@pytest.mark.parametrize("sensor_type", DEFAULT_SENSOR_TYPES, ids=lambda sensor_type: sensor_type.name)
@pytest.mark.parametrize(
    "fault", [Spike(rate=1, factor=(50, 50)), Drift(**ALWAYS, share_per_hour=(50, 50)), NoiseBurst(**ALWAYS)]
)
def test_a_fault_makes_no_value_that_ingest_api_would_refuse(fault: FaultKind, sensor_type: SensorType) -> None:
    right = sensor_type.normal_min
    for seed in range(5):
        [sensor] = build_sensors(1, [sensor_type], ["here"], seed)
        faults = SensorFaults(sensor, (fault,), seed)
        for number in range(50):
            outcome = faults.apply(right, 1e9 + 60 * number)
            assert sensor_type.physical_min is None or outcome.value >= sensor_type.physical_min
            assert sensor_type.physical_max is None or outcome.value <= sensor_type.physical_max
            assert outcome.is_anomaly is (outcome.value != right)


def test_a_stuck_sensor_says_what_it_said_before() -> None:
    faults = SensorFaults(SENSOR, (), seed=1)
    faults.apply(20.0, 1e9)
    faults.inject(StuckAt(), 1e9 + 1, 10)
    assert [faults.apply(value, 1e9 + at).value for value, at in ((21, 1), (22, 10), (23, 11))] == [20.0, 20.0, 23]


@pytest.mark.parametrize("fault", [Dropout(rate=1), Offline(**ALWAYS)])
def test_what_is_missing_is_delivered_never(fault: FaultKind) -> None:
    assert [list(outcome.delays_s) for outcome in outcomes(fault)[5:]] == [[]] * 45


def test_late_and_duplicate_readings_are_right() -> None:
    for outcome in outcomes(Late(rate=1, delay_s=(5, 9))):
        assert 5 <= outcome.delays_s[0] <= 9
        assert not outcome.is_anomaly
    for outcome in outcomes(Duplicate(rate=1, delay_s=(1, 2))):
        assert outcome.delays_s[0] == 0
        assert 1 <= outcome.delays_s[1] <= 2
        assert not outcome.is_anomaly


def test_an_injected_fault_strikes_the_next_reading_only() -> None:
    faults = SensorFaults(SENSOR, (), seed=1)
    faults.inject(Spike(), 1e9, None)
    assert [faults.apply(20.0, 1e9 + at).is_anomaly for at in (0, 1)] == [True, False]
    assert faults.injected(1e9 + 1) == []


def test_an_injected_fault_strikes_no_reading_from_before() -> None:
    faults = SensorFaults(SENSOR, (), seed=1)
    faults.inject(Spike(), 1e9, 10)
    assert [faults.apply(20.0, 1e9 + at).is_anomaly for at in (-0.1, 0, 9.9, 10)] == [False, True, True, False]


def test_a_fault_concerns_whom_it_names() -> None:
    assert Spike(sensors=("SENSOR_001",), types=("temperature",)).concerns(SENSOR)
    assert not Spike(sensors=("SENSOR_001",), types=("humidity",)).concerns(SENSOR)
