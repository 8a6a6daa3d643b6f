"""What `/v1/analyses` takes and answers."""

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from query_api.selection import Time

MAX_ROWS: Final = 10_000
MAX_RANGES: Final = 100


class ResultQuery(BaseModel):
    """Parameters of `/v1/analyses/{name}`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Time | None = Field(
        default=None,
        alias="from",
        description="Results whose range begins here or later. Without `from` and `to`: the range of the last run.",
        examples=["2026-03-01T00:00:00Z"],
    )
    to: Time | None = Field(
        default=None, description="Results whose range ends here or earlier.", examples=["2026-03-02T00:00:00Z"]
    )
    limit: int = Field(default=1000, ge=1, le=MAX_ROWS, description="Maximum number of rows.")

    @model_validator(mode="after")
    def _in_order(self) -> "ResultQuery":
        if self.from_ is not None and self.to is not None and self.from_ >= self.to:
            raise ValueError("`from` is not before `to`")
        return self


class RunAnswer(BaseModel):
    """The last run of an analysis over one range."""

    model_config = ConfigDict(populate_by_name=True)

    from_: datetime = Field(alias="from", description="Event time, inclusive.", examples=["2026-03-01T00:00:00Z"])
    to: datetime = Field(description="Event time, exclusive.", examples=["2026-03-02T00:00:00Z"])
    finished_at: datetime = Field(examples=["2026-03-02T02:00:41Z"])
    duration_s: float = Field(description="Of this analysis alone, in seconds.", examples=[3.4])
    snapshot_id: int | None = Field(
        description="Snapshot of `iot.readings` that it read; null when the table had none.",
        examples=[3051729675574597004],
    )
    input_rows: int = Field(description="Readings in the range.", examples=[864_000])
    rows: int = Field(description="Rows of the result.", examples=[48])


class AnalysisAnswer(BaseModel):
    """One analysis."""

    name: str = Field(examples=["battery"])
    answers: str = Field(description="The question.", examples=["When is which battery empty?"])
    last_run: RunAnswer | None = Field(description="Null: it was never run.")
    how_to_run: str = Field(examples=["iotctl analyse battery"])


class AnalysesAnswer(BaseModel):
    """All analyses."""

    analyses: list[AnalysisAnswer]


class ResultColumnAnswer(BaseModel):
    """A column of a result."""

    name: str = Field(examples=["percent_per_day"])
    type: str = Field(description="Iceberg's name of it.", examples=["double"])
    unit: str = Field(description="Unit of its figures; empty where there is none.", examples=["%/d"])


class ResultAnswer(AnalysisAnswer):
    """Results of one analysis."""

    columns: list[ResultColumnAnswer]
    runs: list[RunAnswer] = Field(description="The runs that the rows are of, the newest first.")
    rows: list[dict[str, Any]] = Field(
        description="An object a row: the columns, `range_from` and `range_to`.",
        examples=[[{"sensor_id": "SENSOR_001", "level": 41.5, "range_from": "2026-03-01T00:00:00Z"}]],
    )
    truncated: bool = Field(description="There were more rows than `limit`.")
    ranges: list[RunAnswer] = Field(description=f"Every range that can be asked for, at most the {MAX_RANGES} newest.")
    note: str | None = Field(description="Why there are no runs, and what to do; null when there are some.")
