"""The catalogue of sensor types: the built-in one, or the file that replaces it. Pure but for reading it."""

from pathlib import Path

import msgspec

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType


def load_catalogue(path: Path | None) -> tuple[SensorType, ...]:
    """The catalogue in the JSON file `path`, or the built-in one without a path.

    Raises OSError when the file cannot be read, msgspec.ValidationError when it is no catalogue and ValueError
    when a type's range is empty.
    """
    if path is None:
        return DEFAULT_SENSOR_TYPES
    catalogue = msgspec.json.decode(path.read_bytes(), type=tuple[SensorType, ...])
    for entry in catalogue:
        if not entry.normal_min < entry.normal_max:
            raise ValueError(f"{path}: normal_min of {entry.name} must be below its normal_max")
    return catalogue
