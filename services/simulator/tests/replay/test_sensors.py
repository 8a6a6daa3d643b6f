import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iot_contracts.readings import MAX_NAME_LENGTH, NAME_PATTERN
from iot_domain.reading_files.records import Measurement
from simulator.errors import ConfigurationError
from simulator.replay.sensors import ReplayedSensor, sensor_id_of

ROW = Measurement(
    place="line 2", number=2, sent="73.9", timestamp=datetime(2013, 12, 2, 21, 15, tzinfo=UTC), value=73.9
)


@pytest.mark.parametrize(
    "stem", ["machine_temperature_system_failure", "Machine_Temperature_System_Failure", "a", "2b", "A" * 64]
)
def test_a_file_s_name_is_a_sensor_id_in_upper_case(stem: str) -> None:
    assert sensor_id_of(stem) == stem.upper()


@pytest.mark.parametrize(
    ("one", "other"),
    [("my file", "my_file"), ("my file", "my-file"), ("my (1)", "my [1]"), ("_a", "a"), ("…", "‥"), ("", "REPLAY"),
     ("a" * 64, "a" * 65), ("a" * 65, "a" * 66), ("é", "e\u0301"), ("ß", "ss"), ("x y", "X Y"), ("\udcff", "\udcfe")],
)  # fmt: skip
def test_different_names_are_different_sensors(one: str, other: str) -> None:
    assert sensor_id_of(one) != sensor_id_of(other)


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
