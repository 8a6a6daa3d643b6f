"""What `/v1/latest` takes and answers."""

from datetime import datetime
from typing import Final

from pydantic import BaseModel, Field

from query_api.provenance import SnapshotAnswer
from query_api.selection import Selection

COLUMNS: Final = (
    "event_timestamp", "reading_id", "sensor_id", "sensor_type", "location", "value", "unit", "battery_level",
    "detected_anomaly", "anomaly_score", "anomaly_reason", "source",
)  # fmt: skip
"""Columns of a row; the first two decide which reading is the newest."""


class LatestQuery(Selection):
    """Parameters of `/v1/latest`."""

    limit: int = Field(default=1000, ge=1, le=10_000, description="Maximum number of sensors.")


class LatestRow(BaseModel):
    """A sensor's newest reading; what detection finds is null while it is in the tail."""

    event_timestamp: datetime
    reading_id: str
    sensor_id: str = Field(examples=["SENSOR_001"])
    sensor_type: str = Field(examples=["temperature"])
    location: str = Field(examples=["Tangier-Centre"])
    value: float = Field(examples=[21.5])
    unit: str = Field(examples=["Celsius"])
    battery_level: float | None = Field(description="Percent.", examples=[87.5])
    detected_anomaly: bool | None
    anomaly_score: float | None
    anomaly_reason: str | None
    source: str = Field(description="`table` or `tail`.", examples=["tail"])


class LatestAnswer(BaseModel):
    """Each sensor's newest reading by event time, newest first."""

    rows: list[LatestRow]
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    complete: bool = Field(description="False when the tail is left out because it does not join the snapshot.")
