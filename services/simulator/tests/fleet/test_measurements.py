from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from iot_contracts.readings import Reading
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from simulator.faults.kinds import Spike
from simulator.fleet.measurements import Measurements, Model
from simulator.sensors import build_sensors

STARTED = datetime(2026, 3, 1, 12, tzinfo=UTC)
TYPES = {sensor_type.name: sensor_type for sensor_type in DEFAULT_SENSOR_TYPES}
SENSORS = build_sensors(20, DEFAULT_SENSOR_TYPES[:4], ["here"], seed=1)


def fleet_of(anomaly_rate: float = 0.05, seed: int = 1) -> Measurements:
    fleet = Measurements(SENSORS, 2.0, Model(seed=seed, id_seed=str(seed), faults=(Spike(rate=anomaly_rate),)))
    fleet.begin(STARTED)
    return fleet


def measure(seconds: float, *, seed: int = 1, tick_s: float | None = None) -> list[Reading]:
    fleet = fleet_of(seed=seed)
    ticks = [seconds] if tick_s is None else [tick_s * n for n in range(int(seconds / tick_s) + 1)]
    return [item.reading for tick in ticks for item in fleet.due(STARTED + timedelta(seconds=tick), limit=100_000)]


def test_sensors_take_turns_evenly_over_the_interval() -> None:
    readings = measure(3.99)
    assert [reading.sensor_id for reading in readings] == [sensor.sensor_id for sensor in SENSORS] * 2
    assert {b.timestamp - a.timestamp for a, b in pairwise(readings)} == {timedelta(seconds=0.1)}


def test_what_is_due_does_not_depend_on_when_it_is_asked_for() -> None:
    assert measure(10) == measure(10, tick_s=0.25)


def test_the_same_seed_gives_the_same_readings_and_another_seed_others() -> None:
    assert measure(10) == measure(10)
    assert {r.reading_id for r in measure(10)}.isdisjoint(r.reading_id for r in measure(10, seed=2))


def test_another_rate_holds_from_the_next_reading_on() -> None:
    fleet = fleet_of()
    fleet.next(25)
    fleet.change_interval(20, STARTED + timedelta(seconds=2.45))
    after = [item.reading for item in fleet.next(3)]
    assert [(r.timestamp - STARTED).total_seconds() for r in after] == [2.5, 3.5, 4.5]
    assert [r.sensor_id for r in after] == [sensor.sensor_id for sensor in SENSORS[5:8]]


def test_a_higher_rate_does_not_wait_for_what_a_low_one_had_planned() -> None:
    fleet = fleet_of()
    fleet.change_interval(20_000, STARTED)
    fleet.next(1)
    now = STARTED + timedelta(seconds=10)
    fleet.change_interval(2, now)
    assert [item.reading.timestamp - now for item in fleet.next(2)] == [
        timedelta(seconds=0.1),
        timedelta(seconds=0.2),
    ]


def test_nothing_is_measured_before_its_time() -> None:
    fleet = fleet_of()
    assert fleet.due(STARTED - timedelta(milliseconds=50), limit=10) == []
    fleet.next(1)
    fleet.change_interval(20, STARTED)
    assert fleet.due(STARTED + timedelta(milliseconds=50), limit=10) == []
    assert [item.reading.timestamp for item in fleet.due(STARTED + timedelta(seconds=0.1), limit=10)] == [
        STARTED + timedelta(seconds=0.1)
    ]


def test_spikes_come_at_their_rate_and_are_marked() -> None:
    readings = measure(1000)
    kinds = Counter(reading.is_anomaly for reading in readings)
    assert 0.04 < kinds[True] / len(readings) < 0.06
    for reading in readings:
        assert (reading.value > TYPES[reading.sensor_type].normal_max) is reading.is_anomaly


def test_a_reading_is_valid_by_the_contract() -> None:
    for reading in measure(10):
        assert msgspec.json.decode(msgspec.json.encode(reading), type=Reading) == reading


def test_after_a_gap_only_the_latest_are_measured() -> None:
    fleet = fleet_of()
    readings = [item.reading for item in fleet.due(STARTED + timedelta(hours=1), limit=10)]
    assert len(readings) == 10
    assert readings[-1].timestamp == STARTED + timedelta(hours=1)
    assert fleet.due(STARTED + timedelta(hours=1), limit=10) == []
