"""What `/v1/stats` takes and answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field

from query_api.provenance import LayerAnswer, SnapshotAnswer, TailAnswer
from query_api.selection import Selection
from query_api.view.parts import Source


class GroupKey(StrEnum):
    """What readings can be grouped by."""

    SENSOR_TYPE = "sensor_type"
    LOCATION = "location"
    SENSOR_ID = "sensor_id"
    HOUR = "hour"
    DAY = "day"


WIDTHS_S: Final = {GroupKey.HOUR: 3600, GroupKey.DAY: 86_400}
Order = Literal["keys", "count", "-count", "mean", "-mean", "min", "-min", "max", "-max", "anomalies", "-anomalies"]
MAX_GROUPS: Final = 50_000


def _split_commas(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    parts = [part.strip() for item in value if isinstance(item, str) for part in item.split(",")]
    return list(dict.fromkeys(part for part in parts if part))


Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class StatsQuery(Selection):
    """Parameters of `/v1/stats`."""

    group_by: Annotated[list[GroupKey], BeforeValidator(_split_commas)] = Field(
        default_factory=list,
        description="Comma separated (or repeated): sensor_type, location, sensor_id, hour or day (of event time, in "
        "UTC). Empty: one row for all.",
        examples=[["sensor_type,location"]],
    )
    order_by: Order = Field(default="keys", description="Order of the groups; `-` is descending.")
    limit: int = Field(default=10_000, ge=1, le=MAX_GROUPS, description="Maximum number of groups.")
    percentiles: Annotated[list[Percent], BeforeValidator(_split_commas)] = Field(
        default_factory=list,
        max_length=20,
        description="Comma separated (or repeated), 0 to 100: exact, from every single reading of the range.",
        examples=[["50,95"]],
    )
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")


class StatsRow(BaseModel):
    """Statistics of one group; its keys are those that were asked for."""

    sensor_type: str | None = Field(default=None, examples=["temperature"])
    location: str | None = Field(default=None, examples=["Tangier-Centre"])
    sensor_id: str | None = Field(default=None, examples=["SENSOR_001"])
    hour: datetime | None = Field(default=None, description="Its start.", examples=["2026-03-01T12:00:00Z"])
    day: datetime | None = Field(default=None, description="Its start.", examples=["2026-03-01T00:00:00Z"])
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
    percentiles: dict[str, float] | None = Field(
        default=None, description="By percent, as asked for; interpolated.", examples=[{"50": 21.3, "95": 27.9}]
    )


class StatsAnswer(BaseModel):
    """Statistics, and what they are made of."""

    rows: list[StatsRow] = Field(
        description="One row per group, in the order of their keys; without grouping one row, also for no readings."
    )
    truncated: bool = Field(description="Whether there are more groups than `limit`.")
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
    plan: list[LayerAnswer] = Field(description="What it was computed from.")
