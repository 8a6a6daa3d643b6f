"""An alert: something about one reading that a person should know, on topic `iot-alerts`."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.readings import Location, ReadingId, SensorId, SensorTypeName, Unit

LOW_BATTERY_PERCENT = 30.0


class AlertKind(StrEnum):
    """Which rule raised the alert."""

    ANOMALY = "anomaly"
    BATTERY_LOW = "battery_low"


class Severity(StrEnum):
    """How urgent the alert is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Alert(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One raised alert.

    `alert_id` is `sensor_id:reading_id:kind`, so an alert that is sent again after a crash is the same
    alert. Alerts of one `(sensor_id, kind)` belong together: consumers show them as one open alert that
    counts up.
    """

    alert_id: str
    kind: AlertKind
    severity: Severity
    sensor_id: SensorId
    sensor_type: SensorTypeName
    location: Location
    reading_id: ReadingId
    value: Annotated[float, Meta(description="The measured value, or the battery level, that triggered the alert.")]
    unit: Unit
    message: Annotated[str, Meta(description="One human-readable sentence.")]
    event_time: Annotated[datetime, Meta(tz=True, description="Event time of the reading.")]
    raised_at: Annotated[datetime, Meta(tz=True, description="When the stream processor raised it.")]
