"""What `/v1/locations` answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from query_api.provenance import LayerAnswer, SnapshotAnswer, TailAnswer


class LocationRow(BaseModel):
    """One location's figures."""

    location: str = Field(examples=["Tangier-Centre"])
    sensors: int = Field(description="Sensors with a reading in the range.", examples=[5])
    readings: int = Field(examples=[1800])
    anomalies: int = Field(description="Readings found anomalous; those of the tail never count.", examples=[2])
    mean_battery: float | None = Field(
        description="Mean of the sensors' newest known levels in the range, in percent; null when none is known."
    )
    last_seen: datetime = Field(description="Event time of the newest reading.")


class LocationsAnswer(BaseModel):
    """Locations by name, and what the figures are made of."""

    rows: list[LocationRow]
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
    plan: list[LayerAnswer] = Field(description="What it was computed from.")
