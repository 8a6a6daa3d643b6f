"""What `/v1/readings` takes and answers. A reading's fields are the columns of the contract's table."""

from datetime import datetime
from types import GenericAlias
from typing import Any, Literal, cast

import msgspec
from pydantic import BaseModel, Field, create_model

from iot_contracts.tables import READINGS, Column
from iot_domain.reading_columns import FIELDS_BY_COLUMN, field_of
from query_api.provenance import SnapshotAnswer, TailAnswer
from query_api.selection import Selection
from query_api.table.columns import PLACE_COLUMNS, SOURCE_COLUMN
from query_api.view.parts import Source

MAX_LIMIT = 10_000
_TYPES: dict[str, type] = {"string": str, "double": float, "boolean": bool, "timestamptz": datetime}
_EXAMPLES: dict[str, Any] = {
    "reading_id": "019ca8f5-2c00-7a2b-8c3d-0123456789ab",
    "sensor_id": "SENSOR_001",
    "sensor_type": "temperature",
    "location": "Tangier-Centre",
    "value": 21.5,
    "unit": "Celsius",
    "event_timestamp": "2026-03-01T12:00:00Z",
    "processing_time": "2026-03-01T12:00:02Z",
    "battery_level": 87.5,
}


class ReadingsQuery(Selection):
    """Parameters of `/v1/readings`."""

    limit: int = Field(default=100, ge=1, le=MAX_LIMIT, description="Maximum number of readings.")
    page_token: str | None = Field(
        default=None,
        max_length=1000,
        description="`next_page_token` of the page before; what arrives meanwhile moves no row to another page.",
    )
    source: Source = Field(default=Source.ALL, description="`table` leaves the tail out: the snapshot alone.")


_COLUMNS = [column for column in READINGS.columns if column.name not in PLACE_COLUMNS]
ROW_COLUMNS = (*(column.name for column in _COLUMNS), SOURCE_COLUMN)
"""The columns that a row of the answer is made of, in its order."""


def _type_of(column: Column) -> Any:
    """What only the stream processor knows is null while a reading is in the tail."""
    kind = _TYPES[column.type]
    return kind if column.required and column.name in FIELDS_BY_COLUMN else kind | None


def _documented(column: Column) -> Any:
    where = "" if column.name in FIELDS_BY_COLUMN else "; null in the tail"
    examples = [_EXAMPLES[column.name]] if column.name in _EXAMPLES else None
    return Field(description=f"{column.doc[0].upper()}{column.doc[1:]}{where}.", examples=examples)


ReadingRow = msgspec.defstruct(
    "ReadingRow", [*((field_of(column.name), _type_of(column)) for column in _COLUMNS), (SOURCE_COLUMN, str)]
)
"""One reading as it is sent; thousands of them are encoded off the event loop. See ReadingAnswer."""

_fields: dict[str, Any] = {field_of(column.name): (_type_of(column), _documented(column)) for column in _COLUMNS}
_fields[SOURCE_COLUMN] = (Literal["table", "tail"], Field(description="Where it was read from.", examples=["table"]))
ReadingAnswer = create_model(
    "ReadingAnswer",
    __doc__="One reading: as it was sent, and what the stream processor found (null while it is in the tail).",
    **_fields,
)


class _ReadingsAnswer(BaseModel):
    next_page_token: str | None = Field(description="For `page_token`; null on the last page.")
    as_of: datetime = Field(description="Everything that query-api had taken in at this time is in the answer.")
    snapshot: SnapshotAnswer | None = Field(description="Null as long as the table has no snapshot.")
    tail: TailAnswer


ReadingsAnswer = create_model(
    "ReadingsAnswer",
    __doc__="Readings, newest first.",
    __base__=_ReadingsAnswer,
    readings=(cast(Any, GenericAlias(list, (ReadingAnswer,))), ...),
)
