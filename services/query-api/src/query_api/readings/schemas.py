"""What `/v1/readings` takes and answers."""

from datetime import datetime
from typing import Literal

import msgspec
from pydantic import BaseModel, Field

from query_api.lakehouse.parts import Source
from query_api.provenance import SnapshotAnswer, TailAnswer
from query_api.selection import Selection

MAX_LIMIT = 10_000


class ReadingsQuery(Selection):
    """Parameters of `/v1/readings`."""

    limit: int = Field(default=100, ge=1, le=MAX_LIMIT, description="At most this many readings.")
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")


class ReadingRow(msgspec.Struct):
    """One reading as it is sent; thousands of them are encoded off the event loop. See ReadingAnswer."""

    reading_id: str
    sensor_id: str
    sensor_type: str
    location: str
    value: float
    unit: str
    timestamp: datetime
    is_anomaly: bool | None
    battery_level: float | None
    processing_time: datetime | None
    detected_anomaly: bool | None
    anomaly_score: float | None
    anomaly_reason: str | None
    source: str


class ReadingAnswer(BaseModel):
    """One reading: as it was sent, and what the stream processor found (null while it is in the tail)."""

    reading_id: str = Field(examples=["019ca8f5-2c00-7a2b-8c3d-0123456789ab"])
    sensor_id: str = Field(examples=["SENSOR_001"])
    sensor_type: str = Field(examples=["temperature"])
    location: str = Field(examples=["Tangier-Centre"])
    value: float = Field(examples=[21.5])
    unit: str = Field(examples=["Celsius"])
    timestamp: datetime = Field(description="Event time.", examples=["2026-03-01T12:00:00Z"])
    is_anomaly: bool | None = Field(description="The sender's ground truth, if any.", examples=[False])
    battery_level: float | None = Field(description="Percent.", examples=[87.5])
    processing_time: datetime | None = Field(
        description="When the stream processor read it; null in the tail.", examples=["2026-03-01T12:00:02Z"]
    )
    detected_anomaly: bool | None = Field(description="What detection found.", examples=[False])
    anomaly_score: float | None = Field(description="How far outside of normal; 0 is normal.", examples=[0.0])
    anomaly_reason: str | None = Field(description="Why it was found anomalous.", examples=[None])
    source: Literal["table", "tail"] = Field(description="Where it was read from.", examples=["table"])


class ReadingsAnswer(BaseModel):
    """Readings, newest first."""

    readings: list[ReadingAnswer]
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
