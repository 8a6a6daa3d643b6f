"""The relation `readings` that every statement asks: recent files, cold files and tail as one. Pure."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from query_api.lakehouse.columns import SOURCE_COLUMN, TABLE_SCHEMA, sql_columns
from query_api.lakehouse.tail import READING_SCHEMA

RECENT_TABLE: Final = "recent_readings"
TAIL_TABLE: Final = "tail_readings"

# Constant text, since SQLAlchemy would compile these forty columns anew for every question (2 ms).
_OF_TABLE = f"{', '.join(TABLE_SCHEMA.names)}, 'table' AS {SOURCE_COLUMN}"
_OF_TAIL = ", ".join(name if name in READING_SCHEMA.names else f"NULL AS {name}" for name in TABLE_SCHEMA.names)
_IN_MEMORY = (
    f"SELECT {_OF_TABLE} FROM {RECENT_TABLE} "  # noqa: S608 - names of the contract, nothing that a user gave
    f"UNION ALL SELECT {_OF_TAIL}, 'tail' AS {SOURCE_COLUMN} FROM {TAIL_TABLE}"
)
_IN_FILES = f" UNION ALL SELECT {_OF_TABLE} FROM read_parquet(:files)"  # noqa: S608 - as above


def readings_relation(files: Sequence[str]) -> sa.Subquery:
    """Union of the registered tables and of local Parquet `files`.

    What only the stream processor knows (detection, processing time) is null in the tail.
    """
    union = sa.text(_IN_MEMORY)
    if files:
        paths = sa.bindparam("files", list(files), type_=sa.types.NullType())
        union = sa.text(_IN_MEMORY + _IN_FILES).bindparams(paths)
    return union.columns(*sql_columns(), sa.column(SOURCE_COLUMN, sa.String())).subquery("readings")
