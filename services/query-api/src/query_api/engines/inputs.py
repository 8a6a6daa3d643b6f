"""What every statement is run over: the parts of a view as DuckDB takes them."""

from collections.abc import Iterable, Sequence

import duckdb
import pyarrow as pa

from query_api.engines.relation import RECENT_TABLE, ROLLUP_TABLE, TAIL_TABLE
from query_api.table.columns import ROLLUP_COLUMNS, TABLE_SCHEMA, columns_in
from query_api.table.data_files import DataFile
from query_api.table.state import ColdSegment
from query_api.tail.tail import READING_SCHEMA
from query_api.view.parts import Parts


def in_memory(parts: Parts) -> dict[str, pa.Table]:
    """Recent files, tail and rollups by the names of their tables, without copying them."""
    recent = parts.recent
    tables = {
        RECENT_TABLE: pa.concat_tables(recent) if recent else TABLE_SCHEMA.empty_table(),
        TAIL_TABLE: pa.Table.from_batches(parts.tail, READING_SCHEMA),
    }
    for number, rollup in enumerate(parts.rollups):
        if rollup.recent or not rollup.cold:
            rows = pa.concat_tables(rollup.recent) if rollup.recent else ROLLUP_COLUMNS.schema.empty_table()
            tables[f"{ROLLUP_TABLE}{number}"] = rows
    return tables


def register_in_memory(connection: duckdb.DuckDBPyConnection, parts: Parts) -> None:
    """Make them tables of the connection."""
    for name, table in in_memory(parts).items():
        connection.register(name, table)


def files_of(cold: Iterable[ColdSegment]) -> tuple[list[DataFile], list[str]]:
    """Files that have to be leased, and paths of merged ones, which are there."""
    cold = list(cold)
    single = [segment.files[0] for segment in cold if segment.merged is None]
    return single, [str(segment.merged) for segment in cold if segment.merged is not None]


def by_columns(paths: Sequence[str]) -> dict[frozenset[str], list[str]]:
    """Local files by the columns that they have."""
    files: dict[frozenset[str], list[str]] = {}
    for path in paths:
        files.setdefault(columns_in(path), []).append(path)
    return files
