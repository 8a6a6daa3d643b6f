"""The catalogue of sensor types: the contract's defaults, or a file's, with the bounds that a setting overrides."""

from collections.abc import Mapping
from pathlib import Path

from msgspec import structs

from iot_contracts.readings import MAX_VALUE
from iot_contracts.sensor_types import SensorType
from iot_domain.catalogue import Catalogue, load_sensor_types

Bounds = tuple[float | None, float | None]


def load_bounded(path: Path | None, value_bounds: Mapping[str, Bounds], max_value: float = MAX_VALUE) -> Catalogue:
    """Types by name. `value_bounds` replaces the physical bounds of the types that it names.

    Raises ValueError when the file cannot be read or is no catalogue, when a bound is of a type that is not in the
    catalogue, and when no value lies between a type's bounds and within plus or minus `max_value`.
    """
    catalogue = dict(load_sensor_types(path))
    for name, (low, high) in value_bounds.items():
        if name not in catalogue:
            raise ValueError(f"value_bounds names {name!r}; the catalogue has {', '.join(catalogue)}")
        catalogue[name] = structs.replace(catalogue[name], physical_min=low, physical_max=high)
    for entry in catalogue.values():
        _require_a_range(entry, max_value)
    return catalogue


def _require_a_range(entry: SensorType, max_value: float) -> None:
    low, high = bounds_of(entry, max_value)
    if not low < high:
        raise ValueError(
            f"{entry.name}: the lower physical bound {low} must be below the upper one, {high}, within "
            f"{-max_value:g} to {max_value:g} (max_value)"
        )


def bounds_of(entry: SensorType, max_value: float) -> tuple[float, float]:
    """Lowest and highest possible value of a type: its own bounds within plus or minus `max_value`."""
    low, high = entry.physical_min, entry.physical_max
    return (
        -max_value if low is None else max(low, -max_value),
        max_value if high is None else min(high, max_value),
    )
