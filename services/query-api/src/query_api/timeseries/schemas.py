"""What `/v1/timeseries` takes and answers."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, Field

from query_api.provenance import LayerAnswer, SnapshotAnswer, TailAnswer
from query_api.selection import Selection
from query_api.view.parts import Source

DEFAULT_SPAN: Final = timedelta(hours=1)
COLUMNS: Final = ("time", "count", "mean", "min", "max", "anomalies")
GroupBy = Literal["sensor_type", "location", "sensor_id"]
Interval = Literal["auto", "1s", "10s", "30s", "1m", "5m", "10m", "30m", "1h", "3h", "6h", "12h", "1d"]


class TimeseriesQuery(Selection):
    """Parameters of `/v1/timeseries`. Without `to` until now, without `from` the hour before `to`."""

    interval: Interval = Field(
        default="auto", description="Width of a bucket; `auto`: the smallest with at most `points` buckets."
    )
    points: int = Field(default=300, ge=1, le=5000, description="Maximum number of buckets for `auto`.")
    group_by: GroupBy | None = Field(default=None, description="One series for each; without it one for all.")
    fill: Literal["none", "null"] = Field(
        default="none", description="`null` gives empty buckets too, with count 0 and nulls."
    )
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")

    def resolved(self) -> Self:
        """The same with both ends of the range."""
        end = self.to or max(datetime.now(UTC), self.from_ or datetime.min.replace(tzinfo=UTC))
        return self.model_copy(update={"from_": self.from_ or end - DEFAULT_SPAN, "to": end})


class Series(BaseModel):
    """One series; a name is null where the series is not of that one alone."""

    sensor_id: str | None = Field(examples=["SENSOR_001"])
    sensor_type: str | None = Field(examples=["temperature"])
    location: str | None = Field(examples=["Tangier-Centre"])
    unit: str | None = Field(description="Null when the readings have more than one.", examples=["Celsius"])
    rows: list[list[Any]] = Field(
        description="By time; each has what `columns` names.",
        examples=[[["2026-03-01T12:00:00Z", 120, 21.3, 20.9, 21.8, 0]]],
    )


class TimeseriesAnswer(BaseModel):
    """Readings in buckets of time. Readings of the tail never count as anomalies: detection joins with the snapshot."""

    from_: datetime = Field(alias="from")
    to: datetime
    interval_s: int = Field(description="Width of a bucket in seconds; buckets begin at multiples of it in UTC.")
    columns: list[str] = Field(examples=[list(COLUMNS)])
    series: list[Series]
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer
    plan: list[LayerAnswer] = Field(description="What it was computed from.")
