"""DuckDB over snapshot and tail: a cursor per query, in a bounded pool of threads, with limits of time and memory."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

import duckdb
import pyarrow as pa

from query_api.engines.dialect import compile_for_duckdb
from query_api.engines.inputs import by_columns, files_of, register_in_memory
from query_api.engines.messages import SUMMARIES
from query_api.engines.protocol import LayeredStatement, Row, Sink, Statement
from query_api.engines.relation import readings_relation, rollup_relation
from query_api.engines.sandbox import Parameters, SandboxedQuery, SqlResult, setup_with
from query_api.engines.summaries import Summary, summaries_of, without_rollups
from query_api.engines.worker_pool import WorkerPool
from query_api.errors import OverloadedError, QueryTimeoutError, QueryTooLargeError
from query_api.table.data_files import EVERYTHING, DataFile, Needed, may_hold
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment
from query_api.view.layers import Plan, layered_parts
from query_api.view.parts import Parts, Source, parts_of
from query_api.view.view import View

INTERRUPT_EVERY_S = 0.05
BATCH_ROWS = 65_536
T = TypeVar("T", covariant=True)


class _Runnable(Protocol[T]):
    """What runs in a thread and can be interrupted from another."""

    def run(self) -> T: ...

    def interrupt(self) -> None: ...


class DuckDbEngine:
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
        # Each has a database of its own, so their limits add up.
        self._workers = WorkerPool(setup_with(self._config, max(32, memory_limit_mb // max_concurrent)))
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
        self._workers.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def prepare_sql(self) -> None:
        """Start a worker for `sql` ahead of its first statement, which would wait for it otherwise."""
        self._workers.prepare()

    @property
    def worker_pids(self) -> set[int]:
        """The processes that run `sql`."""
        return self._workers.pids

    async def rows(self, view: View, source: Source, statement: Statement, needed: Needed = EVERYTHING) -> list[Row]:
        """Run a statement over a view: see Engine."""
        return await self.rows_of(parts_of(view, source), statement, needed)

    async def rows_of(self, parts: Parts, statement: Statement, needed: Needed = EVERYTHING) -> list[Row]:
        """Result rows of `statement` over `parts`; files that cannot hold what is `needed` are not touched.

        Raises QueryTimeoutError, QueryTooLargeError, OverloadedError, and TableUnavailableError when a file
        is neither on local disk nor to be had from HDFS.
        """
        return await self._query(_Query, _holding(parts, needed), lambda readings, _: statement(readings))

    async def layered_rows(
        self, view: View, source: Source, plan: Plan, statement: LayeredStatement, needed: Needed = EVERYTHING
    ) -> list[Row]:
        """Run a statement over rollups and readings: see Engine."""
        return await self._query(_Query, layered_parts(view, source, plan, needed), statement)

    async def table(self, view: View, source: Source, statement: Statement, needed: Needed = EVERYTHING) -> pa.Table:
        """The statement's rows as columns, for many of them; raises what `rows_of` raises."""
        parts = _holding(parts_of(view, source), needed)
        return await self._query(_TableQuery, parts, lambda readings, _: statement(readings))

    async def batches(
        self, view: View, source: Source, statement: Statement, sink: Sink, needed: Needed = EVERYTHING
    ) -> None:
        """Hand rows to `sink` as they come: see Engine."""
        parts = _holding(parts_of(view, source), needed)
        await self._query(partial(_BatchesQuery, sink), parts, lambda readings, _: statement(readings))

    async def rows_of_files(self, files: Sequence[DataFile], text: str, parameters: Sequence[Any]) -> list[Row]:
        """Rows of our own statement over files of another table: `$1` is their list, `parameters` begin at `$2`.

        Without files there are none. Raises what `rows_of` raises.
        """
        if not files:
            return []
        connection = self._connection
        assert connection is not None  # noqa: S101 - opened by the runtime before any request
        return await self._run(lambda: _FilesQuery(connection.cursor(), self._cache, files, text, parameters))

    async def _query(self, kind: "Callable[..., _Statement[T]]", parts: Parts, statement: LayeredStatement) -> T:
        connection = self._connection
        assert connection is not None  # noqa: S101 - opened by the runtime before any request
        return await self._run(lambda: kind(connection.cursor(), self._cache, parts, statement))

    async def sql(self, view: View, text: str, parameters: Parameters, limit: int) -> SqlResult:
        """At most `limit` rows of somebody's own statement over a view, in a database of its own: see sandbox.

        Raises SqlError, SqlRefusedError, and what `rows_of` raises.
        """
        summaries = summaries_of(view, _summaries_in(text))
        return await self._sql(parts_of(view, Source.ALL), summaries, text, parameters, limit)

    async def sql_of(self, parts: Parts, text: str, parameters: Parameters, limit: int) -> SqlResult:
        """The same over `parts`."""
        return await self._sql(parts, without_rollups(parts, _summaries_in(text)), text, parameters, limit)

    async def _sql(
        self, parts: Parts, summaries: Sequence[Summary], text: str, parameters: Parameters, limit: int
    ) -> SqlResult:
        return await self._run(
            lambda: SandboxedQuery(
                self._workers, self._cache, parts, text, parameters, limit=limit, summaries=summaries
            )
        )

    async def _run(self, prepare: Callable[[], _Runnable[T]]) -> T:
        await self._acquire_slot()
        try:
            query = prepare()
        except BaseException:
            self._slots.release()
            raise
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

    async def _acquire_slot(self) -> None:
        if self._slots.locked() and self.waiting >= self._max_waiting:
            raise OverloadedError("all query slots are taken; ask again in a second", headers={"Retry-After": "1"})
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1

    def _free_slot(self, finished: asyncio.Future[Any]) -> None:
        """When the thread is done, which may be after its request gave up."""
        self.running -= 1
        self._slots.release()
        if not finished.cancelled():
            finished.exception()  # an error that nobody waits for any more is no bug


class _Statement(Generic[T]):
    """One statement on a cursor of its own."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        cache: FileCache,
        parts: Parts,
        statement: LayeredStatement,
    ) -> None:
        self._cursor = cursor
        self._cache = cache
        self._parts = parts
        self._statement = statement

    def run(self) -> T:
        with ExitStack() as leases, self._cursor as cursor:
            register_in_memory(cursor, self._parts)
            readings = readings_relation(
                by_columns(self._local(leases, self._parts.cold)), by_columns(self._local(leases, self._parts.settled))
            )
            rollups = [
                rollup_relation(number, self._local(leases, rollup.cold), in_memory=bool(rollup.recent))
                for number, rollup in enumerate(self._parts.rollups)
            ]
            text, parameters = compile_for_duckdb(self._statement(readings, rollups))
            with _memory_named():
                return self._fetched(cursor, text, parameters)

    def interrupt(self) -> None:
        with suppress(duckdb.ConnectionException):  # it has just ended
            self._cursor.interrupt()

    def _local(self, leases: ExitStack, cold: Iterable[ColdSegment]) -> list[str]:
        single, merged = files_of(cold)
        return [*leases.enter_context(self._cache.lease(single)), *merged]

    def _fetched(self, cursor: duckdb.DuckDBPyConnection, text: str, parameters: list[Any]) -> T:
        raise NotImplementedError


class _Query(_Statement[list[Row]]):
    """Rows, as Python has them."""

    def _fetched(self, cursor: duckdb.DuckDBPyConnection, text: str, parameters: list[Any]) -> list[Row]:
        return cursor.execute(text, parameters).fetchall()


class _TableQuery(_Statement[pa.Table]):
    """Columns, as Arrow has them."""

    def _fetched(self, cursor: duckdb.DuckDBPyConnection, text: str, parameters: list[Any]) -> pa.Table:
        return cursor.sql(text, params=parameters).to_arrow_table()


class _BatchesQuery(_Statement[None]):
    """Rows as Arrow has them, a batch at a time."""

    def __init__(self, sink: Sink, *what: Any) -> None:
        super().__init__(*what)
        self._sink = sink

    def _fetched(self, cursor: duckdb.DuckDBPyConnection, text: str, parameters: list[Any]) -> None:
        self._sink(cursor.sql(text, params=parameters).to_arrow_reader(BATCH_ROWS))


class _FilesQuery:
    """One statement over files of any table, on a cursor of its own."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        cache: FileCache,
        files: Sequence[DataFile],
        text: str,
        parameters: Sequence[Any],
    ) -> None:
        self._cursor = cursor
        self._cache = cache
        self._files = files
        self._text = text
        self._parameters = parameters

    def run(self) -> list[Row]:
        with self._cache.lease(self._files) as paths, self._cursor as cursor, _memory_named():
            return cursor.execute(self._text, [paths, *self._parameters]).fetchall()

    def interrupt(self) -> None:
        with suppress(duckdb.ConnectionException):  # it has just ended
            self._cursor.interrupt()


@contextmanager
def _memory_named() -> Iterator[None]:
    """Say what to do about a query that needs too much memory."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise QueryTooLargeError(
            "the query needs more memory than allowed: narrow it, or raise QUERY_API_MEMORY_LIMIT_MB"
        ) from error


def _holding(parts: Parts, needed: Needed) -> Parts:
    """The parts without the files that cannot hold what is needed."""
    return replace(parts, cold=[segment for segment in parts.cold if may_hold(segment.bounds, needed)])


def _summaries_in(text: str) -> list[str]:
    """Views that the statement may ask: their files are brought for it alone."""
    return [name for name in SUMMARIES if name in text.lower()]


def _stop(query: _Runnable[Any], running: asyncio.Future[Any]) -> None:
    """Interrupt until it ends: DuckDB forgets an interruption that comes before the statement begins."""
    if not running.done():
        query.interrupt()
        running.get_loop().call_later(INTERRUPT_EVERY_S, _stop, query, running)
