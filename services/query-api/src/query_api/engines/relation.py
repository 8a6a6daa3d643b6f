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
    return _as_readings(sa.text(text).bindparams(*paths))


def readings_union(files: Mapping[frozenset[str], str]) -> str:
    """The same union as text; `files` has lists of paths as SQL, by their columns."""
    return _IN_MEMORY + "".join(f"{_of_files(present, False)}read_parquet({paths})" for present, paths in files.items())


def readings_relation_of(union: str) -> sa.Subquery:
    """What `readings_union` says, as a relation for a statement that is compiled with its values in the text."""
    return _as_readings(_verbatim(union))


def _as_readings(union: sa.TextClause) -> sa.Subquery:
    return union.columns(
        *READING_COLUMNS.sql_columns(),
        sa.column(SOURCE_COLUMN, sa.String()),
        sa.column(SETTLED_COLUMN, sa.Boolean()),
    ).subquery("readings")


def _verbatim(text: str) -> sa.TextClause:
    """Text whose colons are none of a parameter: a path may have some."""
    return sa.text(text.replace(":", "\\:"))


def readings_text(files: Mapping[frozenset[str], str]) -> str:
    """The same union without what is in no answer."""
    union = readings_union(files)
    return f"SELECT * EXCLUDE ({', '.join((*PLACE_COLUMNS, SETTLED_COLUMN))}) FROM ({union})"  # noqa: S608 - our names


def rollup_relation(number: int, files: Sequence[str], *, in_memory: bool) -> sa.Subquery:
    """Partial figures of the layer `number`: its registered table unless all is in local Parquet `files`."""
    if not files:
        return _as_rollup(number, sa.text(_rollup_text(number, None, in_memory=True)))
    paths = sa.bindparam(f"rollup_files_{number}", list(files), type_=sa.types.NullType())
    text = _rollup_text(number, f":{paths.key}", in_memory=in_memory)
    return _as_rollup(number, sa.text(text).bindparams(paths))


def rollup_relation_of(number: int, paths: str | None, *, in_memory: bool) -> sa.Subquery:
    """The same with a list of paths as SQL, for a statement that is compiled with its values in the text."""
    return _as_rollup(number, _verbatim(_rollup_text(number, paths, in_memory=in_memory or paths is None)))


def _rollup_text(number: int, paths: str | None, *, in_memory: bool) -> str:
    columns = ", ".join(ROLLUP_COLUMNS.schema.names)
    places = [f"{ROLLUP_TABLE}{number}"] if in_memory else []
    places += [f"read_parquet({paths})"] if paths else []
    return " UNION ALL ".join(f"SELECT {columns} FROM {place}" for place in places)  # noqa: S608 - our names


def _as_rollup(number: int, union: sa.TextClause) -> sa.Subquery:
    return union.columns(*ROLLUP_COLUMNS.sql_columns()).subquery(f"rollup{number}")
