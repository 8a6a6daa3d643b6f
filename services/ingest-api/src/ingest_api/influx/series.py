"""Which sensor, place and quantity a series of line protocol is. Pure; docs/formats.md states the rules."""

import re
from typing import Any, NamedTuple

import msgspec

from ingest_api.formats.names import name_of, name_with_digest, stands_for_itself
from ingest_api.formats.quantities import Defaults, Unit
from ingest_api.influx.line_protocol import read_series
from iot_contracts import readings
from iot_contracts.readings import MAX_NAME_LENGTH, Location
from iot_domain.names import is_name
from iot_domain.reading_files.faults import NOT_A_NAME

SENSOR_TAG, TYPE_TAG, UNIT_TAG = "sensor_id", "sensor_type", "unit"
DEVICE_TAGS = ("sensor", "device_id", "device", "host")
LOCATION_TAGS = ("location", "site", "room")
VALUE_FIELD = "value"

# Between what keys and values are joined by: neither can have it.
_SEPARATOR = "\0"
# A host and one of its parts, numbered or their total, as Telegraf's `cpu,cpu=cpu0,host=web1`: `web1:cpu0`.
_PART_OF_A_DEVICE = re.compile(r"[^:]+:([A-Za-z]+)(?:[0-9]+|-total)")


class InvalidSeriesError(ValueError):
    """A tag or field of the line makes no reading; `pointer` is the reading's field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Series(NamedTuple):
    """What measurement and tags say; `key` is both exactly, whatever the order of the tags."""

    key: str
    measurement: str
    sensor_id: str
    location: str
    sensor_type: str | None
    unit: str | None


class Quantity(NamedTuple):
    """What one field of a series measures; `key` is the series' key and the field's."""

    key: str
    sensor_type: str
    unit: Unit


def find_series(text: str, defaults: Defaults) -> Series:
    """The series of a line's measurement and tags. Raises InvalidSeriesError."""
    measurement, tags = read_series(text)
    sensor_type = tags.get(TYPE_TAG)
    location = next((tags[tag] for tag in LOCATION_TAGS if tag in tags), defaults.location)
    _require(location, Location, "/location")
    if sensor_type is not None:
        _require_name(sensor_type, "/sensor_type")
    if UNIT_TAG in tags:
        _require(tags[UNIT_TAG], readings.Unit, "/unit")
    key = _SEPARATOR.join([measurement, *_flat(tags)])
    return Series(key, measurement, _sensor_id(measurement, tags), location, sensor_type, tags.get(UNIT_TAG))


def find_quantity(series: Series, field: str, several: bool, defaults: Defaults) -> Quantity:
    """What field `field` measures; `several`: its line has further numbers."""
    sensor_type = _sensor_type(series, field, several, defaults)
    return Quantity(f"{series.key}{_SEPARATOR}{field}", sensor_type, defaults.unit(sensor_type, series.unit))


def _sensor_type(series: Series, field: str, several: bool, defaults: Defaults) -> str:
    if series.sensor_type is not None and (field == VALUE_FIELD or not several):
        return series.sensor_type
    if field == VALUE_FIELD:
        return name_of(series.measurement)
    return field if field in defaults.catalogue else _joined(series.measurement, field)


def _joined(measurement: str, field: str) -> str:
    """`measurement_field`, or `measurement:field` where the measurement has a `_`: `a_b` and `c` are not `a` and `b_c`.

    The first `_` of a name without `:`, else its first `:`, stands between the two.
    """
    separator = ":" if "_" in measurement else "_"
    text = f"{measurement}{separator}{field}"
    if ":" in measurement or (separator == "_" and ":" in field) or not stands_for_itself(text):
        return name_with_digest(text, f"{measurement}{_SEPARATOR}{field}")
    return text


def _sensor_id(measurement: str, tags: dict[str, str]) -> str:
    """The sensor that a tag names; a part of it, or what no tag names, is known by its measurement and other tags."""
    if SENSOR_TAG in tags:
        _require_name(tags[SENSOR_TAG], "/sensor_id")
        return tags[SENSOR_TAG]
    device = next((tag for tag in DEVICE_TAGS if tag in tags), None)
    described = {device, TYPE_TAG, UNIT_TAG, *(LOCATION_TAGS if device else ())}
    name = tags[device] if device else measurement
    others = {tag: tags[tag] for tag in sorted(tags) if tag not in described}
    if not others:
        return name_with_digest(name, name) if _PART_OF_A_DEVICE.fullmatch(name) else name_of(name)
    readable = ":".join([name, *others.values()])
    part = _PART_OF_A_DEVICE.fullmatch(readable)
    if device and part and list(others) == [part[1]] == [measurement] and stands_for_itself(readable):
        return readable
    return name_with_digest(readable, _SEPARATOR.join([measurement, name, *_flat(others)]))


def _flat(tags: dict[str, str]) -> list[str]:
    return [part for tag in sorted(tags) for part in (tag, tags[tag])]


def _require_name(text: str, pointer: str) -> None:
    if len(text) > MAX_NAME_LENGTH or not is_name(text):
        raise InvalidSeriesError(pointer, NOT_A_NAME)


def _require(text: str, kind: Any, pointer: str) -> None:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError as error:
        raise InvalidSeriesError(pointer, f"the tag for {pointer[1:]} is not valid: {error}") from None
