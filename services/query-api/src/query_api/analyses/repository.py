"""Reads the tables of the analyses: their files as of now, and the engine over them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from iot_contracts.analyses import RANGE_COLUMNS, RUN_COLUMNS, RUNS_TABLE, Analysis, ResultColumn
from query_api.engines.duckdb import DuckDbEngine
from query_api.engines.protocol import Row
from query_api.table.catalog import Catalog
from query_api.table.data_files import DataFile, Needed, may_hold
from query_api.table.hdfs import Hdfs
from query_api.table.manifests import plan
from query_api.table.metastore import Metastore
from query_api.table.state import NO_TABLE

_TIME = RANGE_COLUMNS[0].name


@dataclass(frozen=True)
class Run:
    """The last run of one analysis over one range of event time, its end exclusive."""

    analysis: str
    snapshot_id: int | None
    input_rows: int
    rows: int
    duration_s: float
    finished_at: datetime
    start: datetime
    end: datetime


@dataclass(frozen=True)
class _Held:
    """The files of a table as of one metadata file."""

    location: str
    files: tuple[DataFile, ...]


class AnalysesRepository:
    """Looks tables up when they are asked for: they change once a day, and most are never asked for."""

    def __init__(self, engine: DuckDbEngine, metastore: Metastore, hdfs: Hdfs) -> None:
        """`metastore` and `hdfs` are for this repository alone."""
        self._engine = engine
        self._metastore = metastore
        self._hdfs = hdfs
        self._one_at_a_time = asyncio.Lock()
        self._held: dict[str, _Held] = {}
        self._runs: tuple[_Held, list[Run]] | None = None

    async def runs(self) -> list[Run]:
        """All runs, the newest first. Raises what `Engine.rows` raises."""
        held = await self._look_up(RUNS_TABLE)
        if held is None:
            return []
        if self._runs is None or self._runs[0].location != held.location:
            columns = _names((*RUN_COLUMNS, *RANGE_COLUMNS))
            statement = f"SELECT {columns} FROM read_parquet($1) ORDER BY finished_at DESC, analysis"  # noqa: S608
            self._runs = held, [Run(*row) for row in await self._engine.rows_of_files(held.files, statement, [])]
        return self._runs[1]

    async def rows(self, analysis: Analysis, runs: Sequence[Run], limit: int) -> list[Row]:
        """At most `limit` rows of the results of `runs`: the columns of the analysis, then the range.

        Raises what `Engine.rows` raises.
        """
        held = await self._look_up(analysis.table)
        if held is None or not runs:
            return []
        needed = Needed(start=min(run.start for run in runs), end=max(run.end for run in runs))
        files = [file for file in held.files if may_hold(file.bounds, needed)]
        statement = (
            f"SELECT {_names((*analysis.columns, *RANGE_COLUMNS))} FROM read_parquet($1) "  # noqa: S608 - our names
            "WHERE (range_from, range_to) IN (SELECT (unnest($2::TIMESTAMPTZ[]), unnest($3::TIMESTAMPTZ[]))) "
            f"ORDER BY {_names((*RANGE_COLUMNS, *analysis.columns))} LIMIT $4"
        )
        starts, ends = [run.start for run in runs], [run.end for run in runs]
        return await self._engine.rows_of_files(files, statement, [starts, ends, limit])

    async def _look_up(self, table: str) -> _Held | None:
        """The table's files now; None when there is no such table."""
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._read, table)

    def _read(self, table: str) -> _Held | None:
        catalog = Catalog(table, self._metastore, self._hdfs)
        location = catalog.metadata_location()
        if location is None:
            return None
        held = self._held.get(table)
        if held is None or held.location != location:
            files = plan(self._hdfs, catalog.metadata(location), NO_TABLE, _TIME)
            held = self._held[table] = _Held(location, tuple(files.values()))
        return held


def _names(columns: Sequence[ResultColumn]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)
