from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from simulator.fleet.cycles import HIGHEST, LOWEST, normal_value
from simulator.sensors import MAX_OFFSET

TYPES = {sensor_type.name: sensor_type for sensor_type in DEFAULT_SENSOR_TYPES}
OTHER = SensorType(name="freezer", unit="Celsius", normal_min=-20.0, normal_max=-19.99)


@given(
    st.sampled_from([*TYPES.values(), OTHER]),
    st.datetimes(timezones=st.just(UTC)),
    st.floats(-MAX_OFFSET, MAX_OFFSET),
    st.floats(-50, 50),
)
def test_a_normal_value_is_inside_the_normal_range(
    sensor_type: SensorType, at: datetime, offset: float, deviation: float
) -> None:
    value = normal_value(sensor_type, at, offset=offset, deviation=deviation)
    assert sensor_type.normal_min <= value <= sensor_type.normal_max
    span = sensor_type.normal_max - sensor_type.normal_min
    assert LOWEST * span - 0.006 <= value - sensor_type.normal_min <= HIGHEST * span + 0.006


@pytest.mark.parametrize(
    ("name", "higher_hour", "lower_hour"), [("temperature", 14, 3), ("humidity", 4, 15), ("light", 12, 0)]
)
def test_a_day_has_its_course(name: str, higher_hour: int, lower_hour: int) -> None:
    def at(hour: int) -> float:
        return normal_value(TYPES[name], datetime(2026, 3, 4, hour, tzinfo=UTC), offset=0, deviation=0)

    assert at(higher_hour) - at(lower_hour) > 0.1 * (TYPES[name].normal_max - TYPES[name].normal_min)


def test_machines_are_warmer_on_weekdays() -> None:
    wednesday, sunday = datetime(2026, 3, 4, 12, tzinfo=UTC), datetime(2026, 3, 8, 12, tzinfo=UTC)
    kind = TYPES["machine_temperature"]
    assert normal_value(kind, wednesday, offset=0, deviation=0) > normal_value(kind, sunday, offset=0, deviation=0)
