"""Columns of the one relation that is queried, as Arrow and as SQLAlchemy know them; derived from the contract."""

from typing import Any

import pyarrow as pa
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


def sql_columns() -> list[sa.ColumnClause[Any]]:
    """The table's columns, for a relation of SQLAlchemy."""
    return [sa.column(name, sql_type) for name, (_, sql_type) in _COLUMNS.items()]
