"""Columns of the relations that are queried, as Arrow and as SQLAlchemy know them; derived from the contract."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from iot_contracts.tables import READINGS, READINGS_1H, Table

_TYPES: dict[str, tuple[pa.DataType, sa.types.TypeEngine[Any]]] = {
    "string": (pa.string(), sa.String()),
    "double": (pa.float64(), sa.Double()),
    "boolean": (pa.bool_(), sa.Boolean()),
    "timestamptz": (pa.timestamp("us", "UTC"), sa.DateTime(timezone=True)),
    "int": (pa.int32(), sa.Integer()),
    "long": (pa.int64(), sa.BigInteger()),
}


@dataclass(frozen=True)
class TableColumns:
    """What is read of a table, and which of its columns says when."""

    table: Table
    time: str

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return pa.schema([(column.name, _TYPES[column.type][0]) for column in self.table.columns])

    def sql_columns(self) -> list[sa.ColumnClause[Any]]:
        """The columns, for a relation of SQLAlchemy."""
        return [sa.column(column.name, _TYPES[column.type][1]) for column in self.table.columns]

    def completed(self, table: pa.Table) -> pa.Table:
        """A table with all columns; one that a file from before it was added lacks is null."""
        for field in self.schema:
            if field.name not in table.schema.names:
                table = table.append_column(field, pa.nulls(table.num_rows, field.type))
        return table.select(self.schema.names)


READING_COLUMNS = TableColumns(READINGS, "event_timestamp")
ROLLUP_COLUMNS = TableColumns(READINGS_1H, "bucket_start")
"""Rollups of every width have the same."""
TABLE_SCHEMA = READING_COLUMNS.schema
PLACE_COLUMNS = ("kafka_partition", "kafka_offset")
"""Where a reading stood in the topic: tells what a rollup holds, and is in no answer."""

SOURCE_COLUMN = "source"
"""Where a row came from: `table` or `tail`."""
SETTLED_COLUMN = "settled"
"""Whether a row is of a file that the rollups hold as a whole: known before it is read, and in no answer."""


@lru_cache(maxsize=100_000)
def columns_in(path: str) -> frozenset[str]:
    """The columns of TABLE_SCHEMA that a local Parquet file has; it never changes."""
    return frozenset(pq.read_schema(path).names).intersection(TABLE_SCHEMA.names)
