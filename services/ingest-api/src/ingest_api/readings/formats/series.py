"""Which sensor, place and quantity a series of line protocol is. Pure; docs/formats.md states the rules."""

import re
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from ingest_api.readings.formats.line_protocol import read_series
from ingest_api.readings.formats.quantities import Defaults, Unit
from iot_contracts import readings
from iot_contracts.readings import MAX_NAME_LENGTH, Location, SensorTypeName
from iot_domain.names import is_name

SENSOR_TAG, TYPE_TAG, UNIT_TAG = "sensor_id", "sensor_type", "unit"
DEVICE_TAGS = ("sensor", "device_id", "device", "host")
LOCATION_TAGS = ("location", "site", "room")
VALUE_FIELD = "value"

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_.:\-]")
_NOT_AT_ITS_START = re.compile(r"^[_.:\-]+")
_DIGEST_BYTES = 6


class InvalidSeriesError(ValueError):
    """A tag or field of the line makes no reading; `pointer` is the reading's field."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


class Series(NamedTuple):
    """What measurement and tags say."""

    measurement: str
    sensor_id: str
    location: str
    sensor_type: str | None
    unit: str | None


class Quantity(NamedTuple):
    """What one field of a series measures."""

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
    return Series(measurement, _sensor_id(measurement, tags), location, sensor_type, tags.get(UNIT_TAG))


def find_quantity(series: Series, field: str, several: bool, defaults: Defaults) -> Quantity:
    """What field `field` measures; `several`: its line has further numbers."""
    sensor_type = _sensor_type(series, field, several, defaults)
    return Quantity(sensor_type, defaults.unit(sensor_type, series.unit))


def _sensor_type(series: Series, field: str, several: bool, defaults: Defaults) -> str:
    if series.sensor_type is not None and (field == VALUE_FIELD or not several):
        return series.sensor_type
    if field == VALUE_FIELD:
        return as_name(series.measurement)
    return field if field in defaults.catalogue else as_name(f"{series.measurement}_{field}")


def _sensor_id(measurement: str, tags: dict[str, str]) -> str:
    if SENSOR_TAG in tags:
        _require_name(tags[SENSOR_TAG], "/sensor_id")
        return tags[SENSOR_TAG]
    device = next((tag for tag in DEVICE_TAGS if tag in tags), None)
    described = {device, TYPE_TAG, UNIT_TAG, *LOCATION_TAGS}
    # A host's other tags tell its series apart: cpu0 from cpu1.
    others = [tags[tag] for tag in sorted(tags) if tag not in described]
    return as_name(":".join([tags[device] if device else measurement, *others]))


def as_name(text: str) -> str:
    """`text` as a name of the contract: other characters as `_`, and too long a text cut and told apart by a digest."""
    name = _NOT_AT_ITS_START.sub("", _NOT_IN_A_NAME.sub("_", text))
    if name and len(name) <= MAX_NAME_LENGTH:
        return name
    digest = blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{name[: MAX_NAME_LENGTH - 1 - len(digest)]}-{digest}" if name else digest


def _require_name(text: str, pointer: str) -> None:
    _require(text, SensorTypeName, pointer)
    if not is_name(text):
        raise InvalidSeriesError(pointer, f"the tag {pointer[1:]} is no name")


def _require(text: str, kind: Any, pointer: str) -> None:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError as error:
        raise InvalidSeriesError(pointer, f"the tag for {pointer[1:]} is not valid: {error}") from None
