"""Which readings a request is about: the filters that every address of readings takes."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import sqlalchemy as sa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from iot_domain.position import PATTERN, Position, decode_position
from query_api.table.data_files import Needed
from query_api.times import relative_time

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_SNAPSHOT_ID = re.compile(r"\d{1,19}")
MAX_FILTER_VALUES = 1000


def _time(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("now"):
        try:
            value = relative_time(value, datetime.now(UTC)) or value
        except OverflowError:
            raise ValueError("no such time: too far from now") from None
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        raise ValueError(
            "not an RFC 3339 time with an offset, such as 2026-03-01T12:00:00Z, nor relative, such as now-24h or now/d "
            "(in an address, write the + of +01:00 as %2B)"
        )
    return value


def _snapshot(value: Any) -> Any:
    return int(value) if isinstance(value, str) and _SNAPSHOT_ID.fullmatch(value) else _time(value)


Time = Annotated[datetime, BeforeValidator(_time)]
AsOf = Annotated[int | datetime, BeforeValidator(_snapshot)]
Names = Annotated[list[str], Field(default_factory=list, max_length=MAX_FILTER_VALUES)]


class Selection(BaseModel):
    """Filters; a filter that is given more than once takes any of its values."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: Time | None = Field(
        default=None, alias="from", description="Event time from here on, inclusive.", examples=["2026-03-01T12:00:00Z"]
    )
    to: Time | None = Field(
        default=None, description="Event time before this, exclusive.", examples=["2026-03-01T13:00:00Z"]
    )
    after: str | None = Field(
        default=None,
        pattern=f"^{PATTERN}$",
        description="A `position` of ingest-api's answers: the answer waits until those readings are in it, at most "
        "five seconds. So a client reads its own writes.",
        examples=["0:1204,2:1187"],
    )
    as_of: AsOf | None = Field(
        default=None,
        description="The table as it was, without the tail: a snapshot's `id`, or a time, which means the newest "
        "snapshot committed by then. The table keeps a snapshot for a quarter of an hour, unless the stream processor "
        "is told otherwise.",
        examples=["now-5m"],
    )
    sensor_id: Names = Field(description="Only these sensors.", examples=[["SENSOR_001"]])
    sensor_type: Names = Field(description="Only these types.", examples=[["temperature"]])
    location: Names = Field(description="Only these places.", examples=[["Tangier-Centre"]])

    @model_validator(mode="after")
    def _in_order(self) -> "Selection":
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError("`from` is later than `to`")
        if self.as_of is not None and self.after is not None:
            raise ValueError("`as_of` and `after` exclude each other: a snapshot waits for nothing")
        return self

    def position(self) -> Position:
        """What the answer has to hold; nothing without `after`."""
        return decode_position(self.after) if self.after else {}

    def needed(self) -> Needed:
        """What this selection needs of the table's files."""
        return Needed(start=self.from_, end=self.to, sensor_ids=tuple(self.sensor_id))

    def names(self, relation: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """The filters by name alone, as conditions on readings or a rollup."""
        return [
            relation.c[name].in_(values)
            for name in ("sensor_id", "sensor_type", "location")
            if (values := getattr(self, name))
        ]

    def conditions(self, readings: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        """The filters as conditions on the relation `readings`."""
        event_time = readings.c.event_timestamp
        conditions = self.names(readings)
        if self.from_ is not None:
            conditions.append(event_time >= self.from_)
        if self.to is not None:
            conditions.append(event_time < self.to)
        return conditions
