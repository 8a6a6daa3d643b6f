from pathlib import Path

import msgspec
import pytest

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES
from stream_processor.detection.catalogue import load_catalogue


def written(folder: Path, text: str) -> Path:
    path = folder / "sensor-types.json"
    path.write_text(text)
    return path


def test_without_a_file_the_built_in_types_are_known() -> None:
    assert load_catalogue(None) == DEFAULT_SENSOR_TYPES


def test_a_file_replaces_them(tmp_path: Path) -> None:
    text = '[{"name": "noise", "unit": "dB", "normal_min": 20, "normal_max": 90}]'
    (noise,) = load_catalogue(written(tmp_path, text))
    assert (noise.name, noise.unit, noise.normal_min, noise.normal_max) == ("noise", "dB", 20.0, 90.0)


@pytest.mark.parametrize("limits", [(5, 5), (6, 5)])
def test_an_empty_range_is_refused_with_the_types_name(tmp_path: Path, limits: tuple[int, int]) -> None:
    low, high = limits
    text = f'[{{"name": "noise", "unit": "dB", "normal_min": {low}, "normal_max": {high}}}]'
    with pytest.raises(ValueError, match="normal_min of noise must be below its normal_max"):
        load_catalogue(written(tmp_path, text))


def test_what_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    with pytest.raises(msgspec.ValidationError, match="normal_max"):
        load_catalogue(written(tmp_path, '[{"name": "noise", "unit": "dB", "normal_min": 20}]'))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_catalogue(tmp_path / "none.json")
