"""What the addresses of sensors take and answer: the contract's Sensor, and what its readings say."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from iot_contracts.sensors import Sensor
from query_api.database.json_bodies import json_content
from query_api.database.text import Keys, Text

MAX_LIMIT = 1000


class SensorStatus(StrEnum):
    """Whether readings come."""

    ONLINE = "online"
    OFFLINE = "offline"
    NEVER_SEEN = "never_seen"


class SensorsQuery(BaseModel):
    """Filters; a filter that is given more than once takes any of its values."""

    model_config = ConfigDict(extra="forbid")

    status: list[SensorStatus] = Field(default_factory=list, max_length=3, description="Only these statuses.")
    sensor_type: Keys = Field(default_factory=list, description="Only these types.", examples=[["temperature"]])
    location: Keys = Field(default_factory=list, description="Only these places.", examples=[["Tangier-Centre"]])
    tag: Keys = Field(
        default_factory=list, description="Only sensors with one of these tags.", examples=[["cold-chain"]]
    )
    limit: int = Field(default=100, ge=1, le=MAX_LIMIT, description="Maximum number of sensors.")
    page_token: Text | None = Field(default=None, description="`next_page_token` of the page before.")


class PatchQuery(BaseModel):
    """When a change is refused."""

    model_config = ConfigDict(extra="forbid")

    unchanged_since: AwareDatetime | None = Field(
        default=None,
        description="Refuse with 409 what people changed after this time: the `updated_at` that the change is made of, "
        "or any time before it where that is null.",
        examples=["2026-03-01T12:00:00.123456Z"],
    )


class SensorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A sensor. Type and place are what people say, else what its newest reading says."""

    sensor_id: str
    name: str
    status: SensorStatus
    registered: bool
    sensor_type: str | None
    location: str | None
    unit: str | None
    low: float | None
    high: float | None
    tags: tuple[str, ...]
    installed_at: datetime | None
    expected_interval_s: float | None
    first_seen: datetime | None
    last_seen: datetime | None
    last_value: float | None
    battery_level: float | None
    updated_at: datetime | None


class SensorsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A page of sensors, by id."""

    sensors: list[SensorAnswer]
    next_page_token: str | None


class ImportAnswer(BaseModel):
    """What an import did."""

    sensors: int = Field(description="Sensors in the file.", examples=[1000])
    changed: int = Field(description="Of these, how many are new or other than before.", examples=[12])


SensorBody: Any = msgspec.defstruct(
    "SensorBody",
    [
        (one.name, one.type, one.default)
        for one in msgspec.structs.fields(Sensor)
        if one.name not in ("sensor_id", "deleted")
    ],
    kw_only=True,
    frozen=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "What people say of a sensor."},
)
SENSOR_BODY: Final = {"requestBody": {"required": True, "content": json_content(SensorBody)}}
PATCH_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The fields to change; null takes one away (RFC 7396).",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}
CSV_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The columns of the export, with a header; sensor_id is needed. Tags are separated by ;",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}
SENSOR_ANSWER: Final[dict[str, Any]] = {"description": "The sensor", "content": json_content(SensorAnswer)}
SENSORS_ANSWER: Final[dict[str, Any]] = {"description": "Sensors, by id", "content": json_content(SensorsAnswer)}
CSV_ANSWER: Final[dict[str, Any]] = {
    "description": "A line a registered sensor",
    "content": {"text/csv": {"schema": {"type": "string"}}},
}
