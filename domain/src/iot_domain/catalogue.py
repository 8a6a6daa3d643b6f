"""The catalogue of sensor types: the contract's, or a file that replaces it, read and checked once for all services."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from iot_contracts.sensor_types import DEFAULT_SENSOR_TYPES, SensorType
from iot_domain.reading_files.json import items_of
from iot_domain.reading_files.json_items import BOM, read_fields

Catalogue = Mapping[str, SensorType]
"""Sensor types by name."""
_types = msgspec.json.Decoder(tuple[SensorType, ...])


def load_sensor_types(path: Path | None) -> Catalogue:
    """The types of a file with a JSON array (a byte order mark is skipped), without one those of the contract.

    Raises ValueError when the file can't be read, is no catalogue, names a type twice, or has a type without any
    normal or any possible value.
    """
    types = DEFAULT_SENSOR_TYPES if path is None else _read(path)
    return {sensor_type.name: sensor_type for sensor_type in types}


def _read(path: Path) -> tuple[SensorType, ...]:
    try:
        content = path.read_bytes().removeprefix(BOM)
        types = _types.decode(content)
        for item in items_of(content):
            read_fields(item)
    except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not a catalogue of sensor types: {error}") from None
    for name, count in Counter(sensor_type.name for sensor_type in types).items():
        if count > 1:
            raise ValueError(f"{path} has the sensor type {name!r} {count} times; leave one of them")
    for sensor_type in types:
        _require_ranges(path, sensor_type)
    return types


def _require_ranges(path: Path, entry: SensorType) -> None:
    if not entry.normal_min < entry.normal_max:
        raise ValueError(
            f"{path}: normal_min of {entry.name} ({entry.normal_min:g}) must be below its normal_max "
            f"({entry.normal_max:g})"
        )
    low, high = entry.physical_min, entry.physical_max
    if low is not None and high is not None and not low < high:
        raise ValueError(f"{path}: physical_min of {entry.name} ({low:g}) must be below its physical_max ({high:g})")
