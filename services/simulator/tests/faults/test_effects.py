import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from simulator.faults.effects import spike


@pytest.mark.parametrize("sensor_type", DEFAULT_SENSOR_TYPES, ids=lambda sensor_type: sensor_type.name)
def test_a_spike_is_a_multiple_of_the_range_s_top(sensor_type: SensorType) -> None:
    assert spike(sensor_type, 1.5) == 1.5 * sensor_type.normal_max
    assert spike(sensor_type, 2.5) == 2.5 * sensor_type.normal_max


@given(st.floats(-100, 100), st.floats(1, 100), st.floats(1.5, 2.5))
def test_a_spike_is_above_the_normal_range_whatever_the_range(top: float, width: float, factor: float) -> None:
    freezer = SensorType(name="t", unit="u", normal_min=top - width, normal_max=top)
    assert spike(freezer, factor) >= round(top, 2)
