"""The rules, by setting."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from uuid_utils.compat import uuid7

from ingest_api.readings.verdicts import Verdicts, judge
from ingest_api.settings import Settings
from iot_contracts.readings import MAX_VALUE, Reading, SubmittedReading
from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD = Reading(
    reading_id=uuid7(),
    sensor_id="S1",
    sensor_type="temperature",
    location="here",
    value=21.5,
    unit="Celsius",
    timestamp=NOW,
)


def verdicts(settings: Settings, *readings: SubmittedReading) -> Verdicts:
    return judge(readings, settings.rules(), NOW, uuid7)


def codes(settings: Settings, **change: Any) -> list[str]:
    return [error.code for error in verdicts(settings, msgspec.structs.replace(GOOD, **change)).errors]


def test_an_open_catalogue_takes_unknown_types_in_any_unit_and_known_ones_in_theirs() -> None:
    assert codes(Settings(), sensor_type="cpu_usage", unit="anything", value=-1e20) == []
    assert codes(Settings(), unit="Fahrenheit") == ["wrong_unit"]


def test_a_closed_catalogue_refuses_unknown_types() -> None:
    assert codes(Settings(catalogue="closed")) == []
    assert codes(Settings(catalogue="closed"), sensor_type="cpu_usage") == ["unknown_sensor_type"]


@pytest.mark.parametrize(("ahead_s", "expected"), [(300, []), (300.001, ["timestamp_in_future"])])
def test_a_reading_may_be_five_minutes_ahead(ahead_s: float, expected: list[str]) -> None:
    assert codes(Settings(), timestamp=NOW + timedelta(seconds=ahead_s)) == expected


def test_history_is_taken_unless_an_age_is_set() -> None:
    old = NOW - timedelta(days=20_000)
    assert codes(Settings(), timestamp=old) == []
    assert codes(Settings(max_age_days=1), timestamp=old) == ["timestamp_too_old"]
    assert codes(Settings(max_age_days=1), timestamp=NOW - timedelta(days=1)) == []
    # The first and last instants that the stream processor can store, however wide the settings are.
    anything = Settings(max_age_days=3_650_000, max_ahead_s=3e11)
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
    assert [codes(anything, timestamp=time) for time in (first, last)] == [[], []]
    assert codes(anything, timestamp=first - timedelta(microseconds=1)) == ["timestamp_too_old"]
    assert codes(anything, timestamp=last + timedelta(microseconds=1)) == ["timestamp_in_future"]


def test_bounds_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(Settings(), value=120.0) == []
    monkeypatch.setenv("INGEST_API_VALUE_BOUNDS", '{"temperature": [-60, 100]}')
    assert codes(Settings(), value=120.0) == ["value_out_of_bounds"]
    monkeypatch.setenv("INGEST_API_VALUE_BOUNDS", '{"temperature": [null, null]}')
    assert codes(Settings(), value=-1e9) == []


@pytest.mark.parametrize(
    "kind", [("unheard_of", "x"), ("machine_temperature", "Fahrenheit")], ids=["no catalogue's type", "no upper bound"]
)
def test_a_value_that_could_spoil_its_group_is_refused_and_the_bound_is_said(kind: tuple[str, str]) -> None:
    sensor_type, unit = kind
    reading = msgspec.structs.replace(GOOD, sensor_type=sensor_type, unit=unit)
    assert codes(Settings(), sensor_type=sensor_type, unit=unit, value=1e20) == []
    for value in (1.001e20, 1.7e308):
        [error] = verdicts(Settings(), msgspec.structs.replace(reading, value=value)).errors
        assert (error.pointer, error.code) == ("/value", "value_out_of_bounds")
        assert "1e+20" in error.detail


def test_the_bound_of_all_values_is_a_setting_up_to_the_contracts() -> None:
    assert codes(Settings(max_value=MAX_VALUE), sensor_type="x", value=MAX_VALUE) == []
    assert codes(Settings(max_value=100), sensor_type="x", value=101) == ["value_out_of_bounds"]
    with pytest.raises(ValidationError, match="max_value"):
        Settings(max_value=2 * MAX_VALUE)


def test_a_types_bounds_only_narrow_the_bound_of_all_values() -> None:
    settings = Settings(max_value=100, value_bounds={"temperature": (-1e21, 1e21)})
    assert [codes(settings, value=value) for value in (100, -100)] == [[], []]
    assert [codes(settings, value=value) for value in (101, -101)] == [["value_out_of_bounds"]] * 2


@pytest.mark.parametrize("bounds", [(1e21, None), (None, -1e21), (1, 0)])
def test_bounds_that_leave_no_value_stop_the_start(bounds: tuple[float | None, float | None]) -> None:
    with pytest.raises(ValidationError, match="max_value"):
        Settings(value_bounds={"temperature": bounds})


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("sensor_type", ["temperature", "unheard_of"])
def test_what_is_no_finite_number_is_refused(value: float, sensor_type: str) -> None:
    assert codes(Settings(), value=value, sensor_type=sensor_type) == ["value_not_finite"]


@pytest.mark.parametrize("sensor_type", DEFAULT_SENSOR_TYPES, ids=lambda entry: entry.name)
def test_a_spike_of_two_and_a_half_times_the_normal_range_gets_in(sensor_type: Any) -> None:
    spike = 2.5 * sensor_type.normal_max
    assert codes(Settings(), sensor_type=sensor_type.name, unit=sensor_type.unit, value=spike) == []


@pytest.mark.parametrize("text", ["", "[1]", '[{"name": "a", "unit": "b", "normal_min": 0}]'])
def test_a_file_that_is_no_catalogue_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "types.json"
    path.write_text(text)
    with pytest.raises(ValidationError, match="not a catalogue of sensor types"):
        Settings(sensor_types_file=path)


def test_a_file_replaces_the_catalogue_and_needs_no_bounds(tmp_path: Path) -> None:
    path = tmp_path / "types.json"
    path.write_text('[{"name": "wind", "unit": "m/s", "normal_min": 0, "normal_max": 30}]')
    settings = Settings(sensor_types_file=path, catalogue="closed")
    assert codes(settings, sensor_type="wind", unit="m/s", value=1e9) == []
    assert codes(settings) == ["unknown_sensor_type"]


@pytest.mark.parametrize("bounds", [{"heat": (0, 1)}, {"temperature": (5, 5)}])
def test_bounds_that_make_no_sense_stop_the_start(bounds: Any) -> None:
    with pytest.raises(ValidationError, match=r"heat|temperature"):
        Settings(value_bounds=bounds)


CHANGES: list[dict[str, Any]] = [
    {},
    {"value": -300.0},
    {"unit": "K"},
    {"sensor_id": "S1\n"},
    {"sensor_type": "a b"},
    {"sensor_type": "other"},
    {"timestamp": NOW + timedelta(days=1)},
]


@given(st.lists(st.sampled_from(CHANGES), max_size=8))
def test_a_batch_as_a_whole_is_judged_as_its_items_one_by_one(changes: list[dict[str, Any]]) -> None:
    readings = [msgspec.structs.replace(GOOD, **change) for change in changes]
    together = verdicts(Settings(), *readings)
    alone = [verdicts(Settings(), reading) for reading in readings]
    assert list(together.accepted) == [reading for one in alone for reading in one.accepted]
    assert together.rejected == sum(one.rejected for one in alone)
    assert [error.code for error in together.errors] == [error.code for one in alone for error in one.errors]
