from itertools import product

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from simulator.sensors import build_sensors
from simulator.settings import Settings


def test_the_default_fleet_is_every_type_at_every_location_once() -> None:
    locations = Settings().locations
    sensors = build_sensors(20, DEFAULT_SENSOR_TYPES[:4], locations, seed=1)
    assert [sensor.sensor_id for sensor in sensors] == [f"SENSOR_{number:03d}" for number in range(1, 21)]
    assert {(sensor.sensor_type.name, sensor.location) for sensor in sensors} == set(
        product(("temperature", "humidity", "pressure", "light"), locations)
    )


def test_a_sensor_s_character_follows_from_the_seed() -> None:
    arguments = (5, DEFAULT_SENSOR_TYPES, ["here"])
    assert build_sensors(*arguments, seed=1) == build_sensors(*arguments, seed=1)
    assert build_sensors(*arguments, seed=1) != build_sensors(*arguments, seed=2)
