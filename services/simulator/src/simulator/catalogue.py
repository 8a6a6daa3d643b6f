"""The catalogue of sensor types: the contract's defaults, or a file's."""

from pathlib import Path

import msgspec

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from simulator.errors import ConfigurationError

Catalogue = dict[str, SensorType]


def load_catalogue(path: Path | None) -> Catalogue:
    """Types by name. Raises ConfigurationError when the file can't be read or is no such catalogue."""
    if path is None:
        return {sensor_type.name: sensor_type for sensor_type in DEFAULT_SENSOR_TYPES}
    try:
        types = msgspec.json.decode(path.read_bytes(), type=list[SensorType])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: no catalogue of sensor types: {error}") from error
    return {sensor_type.name: sensor_type for sensor_type in types}


def find_sensor_type(catalogue: Catalogue, name: str) -> SensorType:
    """The type of that name. Raises ConfigurationError naming those there are."""
    if name not in catalogue:
        raise ConfigurationError(f"No sensor type {name!r}; the catalogue has {', '.join(catalogue)}")
    return catalogue[name]
