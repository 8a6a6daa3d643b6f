"""The relation `readings` that every statement asks: recent files, cold files and tail as one. Pure."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from query_api.table.columns import (
    PLACE_COLUMNS,
    READING_COLUMNS,
    ROLLUP_COLUMNS,
    SETTLED_COLUMN,
    SOURCE_COLUMN,
    TABLE_SCHEMA,
)
from query_api.tail.tail import READING_SCHEMA

RECENT_TABLE: Final = "recent_readings"
TAIL_TABLE: Final = "tail_readings"
ROLLUP_TABLE: Final = "rollup_"
"""Followed by the number of the layer: small files of a rollup in memory."""


def _columns(present: Collection[str]) -> str:
    return ", ".join(name if name in present else f"NULL AS {name}" for name in TABLE_SCHEMA.names)


def _rows(present: Collection[str], source: str, *, settled: bool = False) -> str:
    return f"SELECT {_columns(present)}, '{source}' AS {SOURCE_COLUMN}, {settled} AS {SETTLED_COLUMN} FROM "  # noqa: S608 - our names


# Constant text, since SQLAlchemy would compile these forty columns anew for every question (2 ms).
_IN_MEMORY = (
    f"{_rows(TABLE_SCHEMA.names, 'table')}{RECENT_TABLE} UNION ALL {_rows(READING_SCHEMA.names, 'tail')}{TAIL_TABLE}"
)


@lru_cache(maxsize=100)
def _of_files(present: frozenset[str], settled: bool) -> str:
    return f" UNION ALL {_rows(present, 'table', settled=settled)}"


def readings_relation(
    files: Mapping[frozenset[str], Sequence[str]], settled: Mapping[frozenset[str], Sequence[str]] | None = None
) -> sa.Subquery:
    """Union of the registered tables and of local Parquet `files`, by the columns that they have.

    What only the stream processor knows (detection, processing time) is null in the tail, and a column that was added
    to the table later in the files from before. `settled` files are told apart by a column of that name.
    """
    text = _IN_MEMORY
    paths: list[sa.BindParameter[Any]] = []
    for is_settled, by_columns in ((False, files), (True, settled or {})):
        for present, of_these in by_columns.items():
            name = f"files_{len(paths)}"
            text += f"{_of_files(present, is_settled)}read_parquet(:{name})"
            paths.append(sa.bindparam(name, list(of_these), type_=sa.types.NullType()))
    union = sa.text(text).bindparams(*paths)
    return union.columns(
        *READING_COLUMNS.sql_columns(),
        sa.column(SOURCE_COLUMN, sa.String()),
        sa.column(SETTLED_COLUMN, sa.Boolean()),
    ).subquery("readings")


def readings_text(files: Mapping[frozenset[str], str]) -> str:
    """The same union as text, without what is in no answer; `files` has lists of paths as SQL, by their columns."""
    union = _IN_MEMORY + "".join(
        f"{_of_files(present, False)}read_parquet({paths})" for present, paths in files.items()
    )
    return f"SELECT * EXCLUDE ({', '.join((*PLACE_COLUMNS, SETTLED_COLUMN))}) FROM ({union})"  # noqa: S608 - our names


def rollup_relation(number: int, files: Sequence[str], *, in_memory: bool) -> sa.Subquery:
    """Partial figures of the layer `number`: its registered table unless all is in local Parquet `files`."""
    columns = ", ".join(ROLLUP_COLUMNS.schema.names)
    table = f"SELECT {columns} FROM {ROLLUP_TABLE}{number}"  # noqa: S608 - our names
    if not files:
        return sa.text(table).columns(*ROLLUP_COLUMNS.sql_columns()).subquery(f"rollup{number}")
    paths = sa.bindparam(f"rollup_files_{number}", list(files), type_=sa.types.NullType())
    text = f"SELECT {columns} FROM read_parquet(:{paths.key})"  # noqa: S608 - our names
    union = sa.text(f"{text} UNION ALL {table}" if in_memory else text).bindparams(paths)
    return union.columns(*ROLLUP_COLUMNS.sql_columns()).subquery(f"rollup{number}")
