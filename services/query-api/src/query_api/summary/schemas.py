"""What `/v1/summary` answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from query_api.provenance import SnapshotAnswer, TailAnswer

BatteryState = Literal["ok", "low", "critical"]


class BatterySummary(BaseModel):
    """Batteries by each sensor's latest known level."""

    average_percent: float | None = Field(description="Mean of the levels; null when none is known.", examples=[71.4])
    low_percent: float = Field(description="A level below this is low.", examples=[30])
    low_sensors: int = Field(description="Sensors with a low battery.", examples=[1])


class TypeSummary(BaseModel):
    """One sensor type."""

    sensor_type: str = Field(examples=["temperature"])
    sensors: int = Field(description="Sensors that ever sent a reading of it.", examples=[5])


class BatteryRow(BaseModel):
    """A sensor's newest known battery level."""

    sensor_id: str = Field(examples=["SENSOR_001"])
    location: str = Field(examples=["Tangier-Centre"])
    battery_level: float = Field(description="Percent.", examples=[28.5])
    state: BatteryState = Field(description="`low` below 30 %, `critical` below 15 %.")
    event_timestamp: datetime = Field(description="Event time of the reading that told it.")


class BatteryAnswer(BaseModel):
    """Batteries, lowest first."""

    rows: list[BatteryRow]
    mean: float | None = Field(description="Mean of the levels; null when none is known.", examples=[71.4])
    low: int = Field(description="Sensors in state `low`.", examples=[1])
    critical: int = Field(description="Sensors in state `critical`; they are not among the low ones.", examples=[0])
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    complete: bool = Field(description="False when the tail is left out because it does not join the snapshot.")


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
    sensors_total: int = Field(description="The same as `sensors`.", examples=[20])
    sensors_active: int = Field(description="Sensors with an event time in the last 5 minutes.", examples=[19])
    by_type: list[TypeSummary]
    messages_24h: int = Field(
        description="Readings with an event time in the last 24 h; counted at most every 10 s.", examples=[864000]
    )
    messages_24h_before: int = Field(description="The same of the 24 h before, for a trend.", examples=[851200])
    anomalies_24h: int = Field(description="Those of `messages_24h` that were found anomalous.", examples=[12])
    mean_battery: float | None = Field(description="The same as `battery.average_percent`.", examples=[71.4])
    low_batteries: int = Field(description="The same as `battery.low_sensors`.", examples=[1])
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
