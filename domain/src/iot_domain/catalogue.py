"""A file that replaces the contract's catalogue of sensor types, read once and checked."""

from collections import Counter
from pathlib import Path

import msgspec

from iot_contracts.sensor_types import SensorType
from iot_domain.reading_files.json import items_of
from iot_domain.reading_files.json_items import BOM, read_fields

_types = msgspec.json.Decoder(tuple[SensorType, ...])


def read_sensor_types(path: Path) -> tuple[SensorType, ...]:
    """The types of a JSON array, each of another name; a byte order mark is skipped.

    Raises ValueError when the file can't be read or is no catalogue.
    """
    try:
        content = path.read_bytes().removeprefix(BOM)
        types = _types.decode(content)
        for item in items_of(content):
            read_fields(item)
    except (OSError, ValueError, msgspec.DecodeError, RecursionError) as error:
        raise ValueError(f"{path} is no catalogue of sensor types: {error}") from None
    for name, count in Counter(sensor_type.name for sensor_type in types).items():
        if count > 1:
            raise ValueError(f"{path} has the sensor type {name!r} {count} times; leave one of them")
    return types
