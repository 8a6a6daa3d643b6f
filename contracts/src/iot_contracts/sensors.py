"""A registered sensor, on topic `iot-sensor-registry`. A sensor needs no registration to send readings."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from iot_contracts.readings import BoundedValue, Location, SensorId, SensorTypeName
from iot_contracts.rules import Tag


class Sensor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one sensor beside its readings; the newest message of a `sensor_id` is the sensor."""

    sensor_id: SensorId
    name: Annotated[str, Meta(max_length=200)] = ""
    location: Location | None = None
    sensor_type: SensorTypeName | None = None
    low: Annotated[
        BoundedValue | None, Meta(description="Lowest normal value, in the unit of its type; null: as its type has it.")
    ] = None
    high: Annotated[
        BoundedValue | None,
        Meta(description="Highest normal value, in the unit of its type; null: as its type has it."),
    ] = None
    tags: Annotated[tuple[Tag, ...], Meta(max_length=64)] = ()
    installed_at: Annotated[datetime, Meta(tz=True)] | None = None
    expected_interval_s: (
        Annotated[float, Meta(gt=0, le=30 * 86_400, description="Usual time between two readings, in seconds.")] | None
    ) = None
    deleted: bool = False
