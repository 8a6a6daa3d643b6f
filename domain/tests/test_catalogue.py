"""A catalogue says each thing once."""

from pathlib import Path

import pytest

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from iot_domain.catalogue import load_sensor_types

WIND = '{"name": "wind", "unit": "m/s", "normal_min": 0, "normal_max": 30}'


@pytest.mark.parametrize("text", [f"[{WIND}]", f"\ufeff[{WIND}]"])
def test_a_catalogue_is_an_array_of_types(tmp_path: Path, text: str) -> None:
    path = tmp_path / "types.json"
    path.write_text(text)
    assert list(load_sensor_types(path)) == ["wind"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"[{WIND}, {WIND}]", "has the sensor type 'wind' 2 times"),
        (f'[{WIND[:-1]}, "unit": "km/h"}}]', "The field 'unit' is there 2 times"),
        (WIND, "not a catalogue"),
        ("", "not a catalogue"),
        ("\xff", "not a catalogue"),
        ("[" * 100_000, "not a catalogue"),
        (f"[{WIND}]".replace("30", "0"), r"normal_min of wind \(0\) must be below its normal_max \(0\)"),
        (f"[{WIND}]".replace("30", "-1"), r"normal_min of wind \(0\) must be below its normal_max \(-1\)"),
        (f'[{WIND[:-1]}, "physical_min": 5, "physical_max": 5}}]', "physical_min of wind"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "types.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=reason):
        load_sensor_types(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a catalogue"):
        load_sensor_types(tmp_path / "types.json")


def test_without_a_file_the_types_of_the_contract_are_known() -> None:
    assert tuple(load_sensor_types(None).values()) == DEFAULT_SENSOR_TYPES
