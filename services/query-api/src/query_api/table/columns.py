"""Columns of the one relation that is queried, as Arrow and as SQLAlchemy know them; derived from the contract."""

from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from iot_contracts.tables import READINGS

_TYPES: dict[str, tuple[pa.DataType, sa.types.TypeEngine[Any]]] = {
    "string": (pa.string(), sa.String()),
    "double": (pa.float64(), sa.Double()),
    "boolean": (pa.bool_(), sa.Boolean()),
    "timestamptz": (pa.timestamp("us", "UTC"), sa.DateTime(timezone=True)),
    "int": (pa.int32(), sa.Integer()),
    "long": (pa.int64(), sa.BigInteger()),
}
_COLUMNS = {column.name: _TYPES[column.type] for column in READINGS.columns if not column.name.startswith("kafka_")}

TABLE_SCHEMA = pa.schema([(name, arrow_type) for name, (arrow_type, _) in _COLUMNS.items()])
"""What is read of the table: all but the place in the topic."""

SOURCE_COLUMN = "source"
"""Where a row came from: `table` or `tail`."""


def with_all_columns(table: pa.Table) -> pa.Table:
    """A table as TABLE_SCHEMA has it; a column that a file from before it was added lacks is null."""
    for field in TABLE_SCHEMA:
        if field.name not in table.schema.names:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(TABLE_SCHEMA.names)


@lru_cache(maxsize=100_000)
def columns_in(path: str) -> frozenset[str]:
    """The columns of TABLE_SCHEMA that a local Parquet file has; it never changes."""
    return frozenset(pq.read_schema(path).names).intersection(TABLE_SCHEMA.names)


def sql_columns() -> list[sa.ColumnClause[Any]]:
    """The table's columns, for a relation of SQLAlchemy."""
    return [sa.column(name, sql_type) for name, (_, sql_type) in _COLUMNS.items()]
