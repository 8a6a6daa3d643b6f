"""DuckDB over snapshot and tail: a cursor per query, in a bounded pool of threads, with limits of time and memory."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import duckdb
import pyarrow as pa
import sqlalchemy as sa

from query_api.errors import OverloadedError, QueryTimeoutError, QueryTooLargeError
from query_api.lakehouse.columns import TABLE_SCHEMA
from query_api.lakehouse.data_files import EVERYTHING, Needed, may_hold
from query_api.lakehouse.dialect import compile_for_duckdb
from query_api.lakehouse.file_cache import FileCache
from query_api.lakehouse.parts import Parts
from query_api.lakehouse.relation import RECENT_TABLE, TAIL_TABLE, readings_relation
from query_api.lakehouse.tail import READING_SCHEMA

INTERRUPT_EVERY_S = 0.05
Row = tuple[Any, ...]
Statement = Callable[[sa.FromClause], sa.Select[Any]]
"""Makes a statement of the relation `readings`, whatever engine stands behind it."""


class Engine:
    """Runs statements. Open it before use, close it after; queries in flight at the end are interrupted."""

    def __init__(
        self,
        cache: FileCache,
        *,
        threads: int,
        memory_limit_mb: int,
        max_concurrent: int,
        max_waiting: int,
        time_limit_s: float,
    ) -> None:
        self._cache = cache
        self._config: dict[str, str | bool | int | float | list[str]] = {
            "threads": threads,
            "memory_limit": f"{memory_limit_mb}MiB",
            "temp_directory": "",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        self._time_limit_s = time_limit_s
        self._max_waiting = max_waiting
        self.waiting = 0
        self.running = 0
        self._slots = asyncio.Semaphore(max_concurrent)
        self._threads = ThreadPoolExecutor(max_concurrent, thread_name_prefix="query")
        self._connection: duckdb.DuckDBPyConnection | None = None

    def open(self) -> None:
        """Start DuckDB inside this process."""
        self._connection = duckdb.connect(":memory:", config=self._config)
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")

    def close(self) -> None:
        """Interrupt what still runs; requests have been answered by now, so nobody waits for it."""
        if self._connection is not None:
            self._connection.interrupt()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def rows(self, parts: Parts, statement: Statement, needed: Needed = EVERYTHING) -> list[Row]:
        """Result rows of `statement` over `parts`; files that cannot hold what is `needed` are not touched.

        Raises QueryTimeoutError, QueryTooLargeError, OverloadedError, and LakeUnavailableError when a file
        is neither on local disk nor to be had from HDFS.
        """
        assert self._connection is not None  # noqa: S101 - opened by the runtime before any request
        await self._take_slot()
        query = _Query(self._connection.cursor(), self._cache, parts, statement, needed)
        running = asyncio.get_running_loop().run_in_executor(self._threads, query.run)
        self.running += 1
        running.add_done_callback(self._free_slot)
        try:
            return await asyncio.wait_for(asyncio.shield(running), self._time_limit_s)
        except TimeoutError:
            _stop(query, running)
            raise QueryTimeoutError(
                f"stopped after {self._time_limit_s:g} s: narrow `from` and `to`, or filter by sensor_id"
            ) from None
        except asyncio.CancelledError:
            _stop(query, running)
            raise

    async def _take_slot(self) -> None:
        if self._slots.locked() and self.waiting >= self._max_waiting:
            raise OverloadedError("all query slots are taken; ask again in a second", headers={"Retry-After": "1"})
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1

    def _free_slot(self, finished: asyncio.Future[list[Row]]) -> None:
        """When the thread is done, which may be after its request gave up."""
        self.running -= 1
        self._slots.release()
        if not finished.cancelled():
            finished.exception()  # an error that nobody waits for any more is no bug


class _Query:
    """One statement on a cursor of its own."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        cache: FileCache,
        parts: Parts,
        statement: Statement,
        needed: Needed,
    ) -> None:
        self._cursor = cursor
        self._cache = cache
        self._parts = parts
        self._statement = statement
        self._needed = needed

    def run(self) -> list[Row]:
        cold = [segment for segment in self._parts.cold if may_hold(segment.bounds, self._needed)]
        single = [segment.files[0] for segment in cold if segment.merged is None]
        merged = [str(segment.merged) for segment in cold if segment.merged is not None]
        with self._cache.lease(single) as paths, self._cursor as cursor:
            cursor.register(RECENT_TABLE, _one_table(self._parts.recent))
            cursor.register(TAIL_TABLE, pa.Table.from_batches(self._parts.tail, READING_SCHEMA))
            text, parameters = compile_for_duckdb(self._statement(readings_relation([*paths, *merged])))
            try:
                return cursor.execute(text, parameters).fetchall()
            except duckdb.OutOfMemoryException as error:
                raise QueryTooLargeError(
                    "the query needs more memory than allowed: narrow it, or raise QUERY_API_MEMORY_LIMIT_MB"
                ) from error

    def interrupt(self) -> None:
        with suppress(duckdb.ConnectionException):  # it has just ended
            self._cursor.interrupt()


def _stop(query: _Query, running: asyncio.Future[list[Row]]) -> None:
    """Interrupt until it ends: DuckDB forgets an interruption that comes before the statement begins."""
    if not running.done():
        query.interrupt()
        running.get_loop().call_later(INTERRUPT_EVERY_S, _stop, query, running)


def _one_table(tables: Sequence[pa.Table]) -> pa.Table:
    return pa.concat_tables(tables) if tables else TABLE_SCHEMA.empty_table()
