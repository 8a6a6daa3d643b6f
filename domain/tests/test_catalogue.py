"""A catalogue says each thing once."""

from pathlib import Path

import pytest

from iot_domain.catalogue import read_sensor_types

WIND = '{"name": "wind", "unit": "m/s", "normal_min": 0, "normal_max": 30}'


@pytest.mark.parametrize("text", [f"[{WIND}]", f"\ufeff[{WIND}]"])
def test_a_catalogue_is_an_array_of_types(tmp_path: Path, text: str) -> None:
    path = tmp_path / "types.json"
    path.write_text(text)
    assert [sensor_type.name for sensor_type in read_sensor_types(path)] == ["wind"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"[{WIND}, {WIND}]", "has the sensor type 'wind' 2 times"),
        (f'[{WIND[:-1]}, "unit": "km/h"}}]', "The field 'unit' is there 2 times"),
        (WIND, "no catalogue"),
        ("", "no catalogue"),
        ("\xff", "no catalogue"),
        ("[" * 100_000, "no catalogue"),
    ],
)
def test_what_is_none_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "types.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=reason):
        read_sensor_types(path)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no catalogue"):
        read_sensor_types(tmp_path / "types.json")
