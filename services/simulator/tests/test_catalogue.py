from pathlib import Path

import pytest

from simulator.catalogue import find_sensor_type, load_catalogue
from simulator.errors import ConfigurationError


def test_a_file_replaces_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "types.json"
    path.write_text('[{"name": "wind", "unit": "m/s", "normal_min": 0, "normal_max": 30}]')
    catalogue = load_catalogue(path)
    assert find_sensor_type(catalogue, "wind").unit == "m/s"
    with pytest.raises(ConfigurationError, match="has wind"):
        find_sensor_type(catalogue, "temperature")


WIND = '{"name": "wind", "unit": "m/s", "normal_min": 0, "normal_max": 30}'


@pytest.mark.parametrize("text", [f"[{WIND}, {WIND}]", "", "{}", '[{"name": "wind"}]', "\xff", '[{"name": "\xff"}]'])
def test_a_file_that_is_no_catalogue_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "types.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"types\.json"):
        load_catalogue(path)
