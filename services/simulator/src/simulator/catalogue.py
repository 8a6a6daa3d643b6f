"""The catalogue of sensor types: the contract's defaults, or a file's."""

from pathlib import Path

from iot_contracts.sensor_types import SensorType
from iot_domain.catalogue import Catalogue, load_sensor_types
from simulator.errors import ConfigurationError


def load_catalogue(path: Path | None) -> Catalogue:
    """Types by name. Raises ConfigurationError when the file can't be read or is no such catalogue."""
    try:
        return load_sensor_types(path)
    except ValueError as error:
        raise ConfigurationError(str(error)) from None


def find_sensor_type(catalogue: Catalogue, name: str) -> SensorType:
    """The type of that name. Raises ConfigurationError naming those there are."""
    if name not in catalogue:
        raise ConfigurationError(f"No sensor type {name!r}; the catalogue has {', '.join(catalogue)}")
    return catalogue[name]
