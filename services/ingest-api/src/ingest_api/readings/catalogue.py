"""The catalogue of sensor types: the contract's defaults, or a file's, with the bounds that a setting overrides."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from iot_domain.catalogue import read_sensor_types

Catalogue = Mapping[str, SensorType]
Bounds = tuple[float | None, float | None]


def load_catalogue(path: Path | None, value_bounds: Mapping[str, Bounds]) -> Catalogue:
    """Types by name. `value_bounds` replaces the physical bounds of the types that it names.

    Raises ValueError when the file can't be read or is no catalogue, when a bound is of a type that the catalogue
    has not, and when it lies on the wrong side of the other.
    """
    types = DEFAULT_SENSOR_TYPES if path is None else read_sensor_types(path)
    catalogue = {sensor_type.name: sensor_type for sensor_type in types}
    for name, (low, high) in value_bounds.items():
        if name not in catalogue:
            raise ValueError(f"value_bounds names {name!r}; the catalogue has {', '.join(catalogue)}")
        catalogue[name] = structs.replace(catalogue[name], physical_min=low, physical_max=high)
    for entry in catalogue.values():
        _require_a_range(entry)
    return catalogue


def _require_a_range(entry: SensorType) -> None:
    low, high = entry.physical_min, entry.physical_max
    if low is not None and high is not None and not low < high:
        raise ValueError(f"{entry.name}: the lower physical bound {low} must be below the upper one, {high}")
