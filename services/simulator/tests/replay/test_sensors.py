import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN
from simulator.errors import ConfigurationError
from simulator.replay.records import Row
from simulator.replay.sensors import ReplayedSensor, sensor_id_of

ROW = Row(2, datetime(2013, 12, 2, 21, 15, tzinfo=UTC), 73.9)


@pytest.mark.parametrize(
    ("stem", "sensor_id"),
    [
        ("machine_temperature_system_failure", "MACHINE_TEMPERATURE_SYSTEM_FAILURE"),
        ("my file (2)", "MY_FILE_2_"),
        ("_hidden", "HIDDEN"),
        ("…", "REPLAY"),
    ],
)
def test_a_file_s_name_becomes_a_sensor_id(stem: str, sensor_id: str) -> None:
    assert sensor_id_of(stem) == sensor_id


@given(st.text())
def test_any_name_becomes_a_valid_sensor_id(stem: str) -> None:
    sensor_id = sensor_id_of(stem)
    assert len(sensor_id) <= MAX_NAME_LENGTH
    assert re.fullmatch(NAME_PATTERN, sensor_id)


@pytest.mark.parametrize("sensor_id", ["", " ", "a b", "x" * 65, "-x"])
def test_an_id_that_ingest_api_would_reject_is_refused(sensor_id: str) -> None:
    with pytest.raises(ConfigurationError):
        ReplayedSensor(sensor_id, "machine_temperature", "Fahrenheit", "replay")


def test_the_same_row_is_the_same_reading() -> None:
    sensor = ReplayedSensor("A", "machine_temperature", "Fahrenheit", "replay")
    assert sensor.reading(ROW) == sensor.reading(ROW)
    other = ReplayedSensor("B", "machine_temperature", "Fahrenheit", "replay")
    assert sensor.reading(ROW).reading_id != other.reading(ROW).reading_id
