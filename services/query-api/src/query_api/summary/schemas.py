"""What `/v1/summary` answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from query_api.provenance import SnapshotAnswer, TailAnswer


class BatterySummary(BaseModel):
    """Batteries by each sensor's latest known level."""

    average_percent: float | None = Field(description="Mean of the levels; null when none is known.", examples=[71.4])
    low_percent: float = Field(description="A level below this is low.", examples=[30])
    low_sensors: int = Field(description="Sensors with a low battery.", examples=[1])


class SummaryAnswer(BaseModel):
    """The key figures of everything there is."""

    readings: int = Field(description="All readings.", examples=[864000])
    sensors: int = Field(description="Sensors that ever sent a reading.", examples=[20])
    readings_by_sensor_type: dict[str, int] = Field(examples=[{"temperature": 216000}])
    readings_by_location: dict[str, int] = Field(examples=[{"Tangier-Centre": 172800}])
    last_reading_at: datetime | None = Field(
        description="Event time of the newest reading; null when there is none.", examples=["2026-03-01T12:00:00Z"]
    )
    readings_last_minute: int = Field(description="Readings with an event time in the last 60 s.", examples=[600])
    readings_per_second: float = Field(description="The same as a rate.", examples=[10.0])
    anomalies: int = Field(
        description="Readings found anomalous; detection joins a reading with its snapshot.", examples=[431]
    )
    battery: BatterySummary
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
