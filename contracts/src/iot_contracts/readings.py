"""A reading: one measured value of one sensor, on topic `iot-sensors` and as posted to ingest-api."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

MAX_NAME_LENGTH = 64
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.:\-]*$"
MAX_UNIT_LENGTH = 32
MAX_VALUE: Final = 1e100
"""Largest absolute value. Sums of 1e12 such values and of their squares stay far below the largest double (1.8e308);
ingest-api's own limit may only be lower."""
MAX_BRACKETS: Final = 300
"""Largest number of `[` and `{` in a message: a deeper one could exceed the nesting that some parser supports."""
# The range that common languages can represent in any time zone.
EARLIEST_EVENT_TIME: Final = datetime(1, 1, 2, tzinfo=UTC)
LATEST_EVENT_TIME: Final = datetime(9999, 12, 30, tzinfo=UTC)

SensorId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_NAME_LENGTH,
        pattern=NAME_PATTERN,
        description="The sensor's id. Also the Kafka key, so that one sensor's readings keep their order.",
        examples=["SENSOR_001"],
    ),
]
SensorTypeName = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_NAME_LENGTH,
        pattern=NAME_PATTERN,
        description="Type of the sensor; see the catalogue of sensor types.",
        examples=["temperature"],
    ),
]
Location = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_NAME_LENGTH,
        description="Location of the sensor.",
        examples=["Tangier-Centre"],
    ),
]
Unit = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_UNIT_LENGTH,
        description="Unit of `value`.",
        examples=["Celsius"],
    ),
]
Value = Annotated[float, Meta(description="Measured value in `unit`; a finite number.", examples=[21.5])]
BoundedValue = Annotated[Value, Meta(ge=-MAX_VALUE, le=MAX_VALUE)]
EventTime = Annotated[
    datetime,
    Meta(
        tz=True,
        description="Event time: when the sensor took the measurement, RFC 3339 with an offset.",
        examples=["2026-03-01T12:00:00.000Z"],
    ),
]
EpochMs = Annotated[
    float,
    Meta(
        description="Event time as milliseconds since 1970-01-01T00:00:00Z; a fraction is kept to the microsecond.",
        examples=[1772366400000],
    ),
]
BatteryLevel = Annotated[float, Meta(ge=0, le=100, description="Battery level in percent.", examples=[87.5])]
ReadingId = Annotated[
    UUID,
    Meta(
        description="Made by the sender (UUIDv7). Together with sensor_id it is the reading's identity: "
        "a sensor's reading sent again with the same id is the same reading.",
        examples=["019ca8f5-2c00-7a2b-8c3d-0123456789ab"],
    ),
]


class SubmittedReading(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A reading as a client posts it.

    `reading_id` is optional; ingest-api generates one when it is missing. A client that retries should send
    its own, since only then can a repeated delivery be recognised. `timestamp` may be a number,
    milliseconds since the epoch; on the topic it is RFC 3339. How large `value` may be is a setting.
    """

    reading_id: ReadingId | None = None
    sensor_id: SensorId
    sensor_type: SensorTypeName
    location: Location
    value: Value
    unit: Unit
    timestamp: EventTime | EpochMs
    is_anomaly: Annotated[
        bool | None,
        Meta(description="The sender's own ground truth, if it has one. Never used for detection."),
    ] = None
    battery_level: BatteryLevel | None = None


class Reading(SubmittedReading, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A reading on topic `iot-sensors`: as submitted, always with its `reading_id`, its time in RFC 3339."""

    reading_id: ReadingId
    value: BoundedValue
    timestamp: EventTime
