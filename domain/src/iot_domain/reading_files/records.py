"""What a file of readings holds, whatever its format."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from iot_contracts.readings import (
    EARLIEST_EVENT_TIME,
    LATEST_EVENT_TIME,
    MAX_VALUE,
    BatteryLevel,
    Location,
    ReadingId,
    SensorId,
    SensorTypeName,
    SubmittedReading,
    Unit,
    Value,
)
from iot_domain.reading_files.faults import ItemFaultError, fault_of, require_name

OF_A_SERIES = ("sensor_id", "sensor_type", "location", "unit")
"""What is the same for all measurements of a series, and so may stand outside its file."""


class InvalidFileError(ValueError):
    """A file as a whole is not what it should be; the message says why."""


@dataclass(frozen=True, slots=True)
class BadItem:
    """A part of a file that is no reading: where it is, as in `line 3`, and why."""

    place: str
    reason: str


class Measurement(Struct, frozen=True, kw_only=True):
    """One measurement: what its row or object says, in the contract's terms."""

    place: str
    """Where it is, as in `line 3`."""
    number: int
    """Its line, row or item, counted from 1."""
    sent: str
    """Its time and value as they were written, before anything was cut."""
    timestamp: datetime
    """In UTC."""
    value: Value
    reading_id: ReadingId | None = None
    sensor_id: SensorId | None = None
    sensor_type: SensorTypeName | None = None
    location: Location | None = None
    unit: Unit | None = None
    is_anomaly: bool | None = None
    battery_level: BatteryLevel | None = None

    @property
    def missing(self) -> list[str]:
        """The fields of a reading that it doesn't say."""
        return [name for name in OF_A_SERIES if getattr(self, name) is None]


Record = Measurement | BadItem


def measurement(place: str, number: int, sent: str, fields: Mapping[str, object]) -> Measurement:
    """The measurement of these fields, checked by the contract. Raises ItemFaultError."""
    try:
        found = msgspec.convert({**fields, "place": place, "number": number, "sent": sent}, Measurement)
    except msgspec.ValidationError as error:
        raise fault_of(error) from None
    require_contract(found)
    return found


def require_contract(found: Measurement) -> None:
    """What msgspec doesn't check when it decodes a measurement. Raises ItemFaultError."""
    require_name("sensor_id", found.sensor_id)
    require_name("sensor_type", found.sensor_type)
    if not -MAX_VALUE <= found.value <= MAX_VALUE:
        raise ItemFaultError("/value", "invalid_field", f"Is outside of {-MAX_VALUE:g} to {MAX_VALUE:g}; correct it")
    if not EARLIEST_EVENT_TIME <= found.timestamp <= LATEST_EVENT_TIME:
        first, last = EARLIEST_EVENT_TIME.date(), LATEST_EVENT_TIME.date()
        raise ItemFaultError("/timestamp", "invalid_field", f"Is before {first} or after {last} in UTC; correct it")


def fields_of(reading: SubmittedReading | Measurement) -> dict[str, str | float | bool | UUID | datetime]:
    """The fields of a reading that it has, by their names."""
    names = SubmittedReading.__struct_fields__
    return {name: value for name in names if (value := getattr(reading, name)) is not None}
