"""The relation `readings` that every statement asks: recent files, cold files and tail as one. Pure."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from query_api.lakehouse.columns import SOURCE_COLUMN, sql_columns
from query_api.lakehouse.tail import READING_SCHEMA

RECENT_TABLE = "recent_readings"
TAIL_TABLE = "tail_readings"


def readings_relation(files: Sequence[str]) -> sa.Subquery:
    """Union of the registered tables and of local Parquet `files`.

    What only the stream processor knows (detection, processing time) is null in the tail.
    """
    columns = sql_columns()
    recent = sa.select(*columns, _source("table")).select_from(sa.table(RECENT_TABLE))
    tail = sa.select(*[_in_tail(column) for column in columns], _source("tail")).select_from(sa.table(TAIL_TABLE))
    parts = [recent, tail]
    if files:
        paths = sa.bindparam("files", list(files), type_=sa.types.NullType())
        names = [column.name for column in columns]
        cold = sa.func.read_parquet(paths).table_valued(*names).alias("cold")
        parts.append(sa.select(*columns, _source("table")).select_from(cold))
    return sa.union_all(*parts).subquery("readings")


def _source(name: str) -> sa.Label[str]:
    return sa.literal_column(f"'{name}'", sa.String()).label(SOURCE_COLUMN)


def _in_tail(column: sa.ColumnClause[Any]) -> sa.ColumnElement[Any]:
    if column.name in READING_SCHEMA.names:
        return column
    return sa.null().label(column.name)
