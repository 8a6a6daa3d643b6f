"""What `/v1/stats` takes and answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field

from query_api.provenance import LayerAnswer, SnapshotAnswer, TailAnswer
from query_api.selection import Selection
from query_api.view.parts import Source


class GroupKey(StrEnum):
    """What readings can be grouped by."""

    SENSOR_TYPE = "sensor_type"
    LOCATION = "location"
    SENSOR_ID = "sensor_id"


def _split_commas(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    parts = [part.strip() for item in value if isinstance(item, str) for part in item.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


class StatsQuery(Selection):
    """Parameters of `/v1/stats`."""

    group_by: Annotated[list[GroupKey], BeforeValidator(_split_commas)] = Field(
        default_factory=list,
        description="Comma separated (or repeated): sensor_type, location, sensor_id. Empty: one row for all.",
        examples=[["sensor_type,location"]],
    )
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")


class StatsRow(BaseModel):
    """Statistics of one group; its keys are those that were asked for."""

    sensor_type: str | None = Field(default=None, examples=["temperature"])
    location: str | None = Field(default=None, examples=["Tangier-Centre"])
    sensor_id: str | None = Field(default=None, examples=["SENSOR_001"])
    count: int = Field(description="Readings.", examples=[1800])
    mean: float | None = Field(
        description="Arithmetic mean, exact to 1e-12 of the group's largest value.", examples=[21.4]
    )
    min: float | None = Field(description="Lowest value.", examples=[14.2])
    max: float | None = Field(description="Highest value.", examples=[29.8])
    stddev: float | None = Field(
        description="Sample standard deviation (n - 1), exact to a relative 1e-12; null for a single reading.",
        examples=[3.1],
    )
    overflow: bool = Field(
        default=False,
        description="True when no double can hold the standard deviation, which is null then. Only values from before "
        "they were bounded can be so large.",
    )
    anomalies: int = Field(
        description="Readings found anomalous. Detection joins a reading with its snapshot, "
        "so readings of the tail never count here.",
        examples=[2],
    )


class StatsAnswer(BaseModel):
    """Statistics, and what they are made of."""

    rows: list[StatsRow] = Field(
        description="One row per group, in the order of their keys; without grouping one row, also for no readings."
    )
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
    plan: list[LayerAnswer] = Field(description="What it was computed from.")
