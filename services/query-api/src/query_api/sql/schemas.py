"""What the SQL addresses take and answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from query_api.provenance import SnapshotAnswer

MAX_TEXT: Final = 20_000
MAX_ROWS: Final = 100_000
Parameter = str | int | float | bool | datetime | None


class SqlBody(BaseModel):
    """One SELECT with its parameters."""

    model_config = ConfigDict(extra="forbid")

    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_TEXT,
            description="One SELECT in DuckDB's dialect, over what `GET /v1/sql/schema` lists.",
            examples=["SELECT location, avg(value) FROM iot.readings WHERE sensor_type = ? GROUP BY location"],
        ),
    ]
    parameters: Annotated[
        list[Parameter] | dict[str, Parameter],
        Field(
            max_length=1000,
            description="Values of `?` in their order, or of `$name` by name. Values belong here, never into the text.",
            examples=[["temperature"]],
        ),
    ] = []
    limit: Annotated[
        int, Field(ge=1, le=MAX_ROWS, description="Maximum number of rows; `truncated` says whether there were more.")
    ] = 10_000


class Column(BaseModel):
    """A column of an answer."""

    name: str
    type: str = Field(examples=["DOUBLE"])


class SqlAnswer(BaseModel):
    """Rows, and what they were made of."""

    columns: list[Column]
    rows: list[list[Any]] = Field(examples=[[["Tangier-Centre", 21.4]]])
    truncated: bool = Field(description="There were more rows than `limit`.")
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")


class SqlColumn(BaseModel):
    """A column of a table."""

    name: str
    type: str
    description: str


class SqlTable(BaseModel):
    """A table that can be asked."""

    name: str = Field(examples=["iot.readings"])
    description: str
    columns: list[SqlColumn]


class SqlSchema(BaseModel):
    """Everything that SQL can ask."""

    tables: list[SqlTable]


class QueryParameter(BaseModel):
    """A parameter of a named query."""

    name: str
    type: str = Field(examples=["text"])
    default: Any
    description: str


class NamedQueryAnswer(BaseModel):
    """A question that is kept under a name."""

    name: str
    group: str
    title: str
    description: str
    parameters: list[QueryParameter]
    sql: str


class QueriesAnswer(BaseModel):
    """The named queries, by group."""

    queries: list[NamedQueryAnswer]


def columns_of(columns: Sequence[tuple[str, str]]) -> list[Mapping[str, str]]:
    """Columns as an answer has them."""
    return [{"name": name, "type": kind} for name, kind in columns]
