"""Everything that lives as long as the process: opened here in order, undone in reverse."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry

from iot_contracts.tables import ROLLUPS
from iot_domain.catalogue import load_sensor_types
from query_api.analyses.repository import AnalysesRepository
from query_api.analyses.service import AnalysesService
from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import NotCaughtUpError
from query_api.exports.service import ExportsService, Limits
from query_api.latest.service import LatestService
from query_api.locations.service import LocationsService
from query_api.metrics import Metrics
from query_api.people import People, open_people
from query_api.readings.service import ReadingsService
from query_api.rules.backtest import BacktestService
from query_api.selection import Selection
from query_api.settings import Settings
from query_api.sql.service import SqlService
from query_api.stats.service import StatsService
from query_api.status.service import StatusService
from query_api.summary.service import SummaryService
from query_api.table.catalog import Catalog
from query_api.table.columns import READING_COLUMNS, ROLLUP_COLUMNS, TableColumns
from query_api.table.file_cache import FileCache
from query_api.table.hdfs import Hdfs
from query_api.table.history import SnapshotHistory
from query_api.table.merged_files import MergedFiles
from query_api.table.metastore import Metastore
from query_api.table.reader import RecentLimits, TableReader
from query_api.table.rollups import LayeredReader
from query_api.timeseries.service import TimeseriesService
from query_api.view.consumer import TailConsumer
from query_api.view.refresher import SnapshotRefresher
from query_api.view.store import ViewStore
from query_api.view.view import View
from service_kit.tasks import BackgroundTasks

AFTER_LIMIT_S = 5.0


@dataclass(frozen=True)
class Runtime:
    """The live resources and the services on them."""

    people: People
    store: ViewStore
    consumer: TailConsumer
    refresher: SnapshotRefresher
    history: SnapshotHistory
    history_thread: Executor
    stats: StatsService
    readings: ReadingsService
    timeseries: TimeseriesService
    latest: LatestService
    locations: LocationsService
    summary: SummaryService
    sql: SqlService
    analyses: AnalysesService
    backtests: BacktestService
    exports: ExportsService
    status: StatusService
    tasks: BackgroundTasks

    def view(self) -> View:
        """The current view. Raises NotCaughtUpError while it could hold less than an earlier answer."""
        if not self.consumer.caught_up:
            reason = self.refresher.problem or self.consumer.problem or "reading the topic up to its end"
            raise NotCaughtUpError(f"not ready: {reason}; ask again in a second", headers={"Retry-After": "1"})
        return self.store.view

    async def view_of(self, selection: Selection) -> View:
        """The view as it is now, once it holds what `selection.after` names, or as it was at `selection.as_of`.

        Raises NotCaughtUpError, also when that takes longer than AFTER_LIMIT_S; SnapshotNotFoundError,
        TableUnavailableError.
        """
        if selection.as_of is not None:
            wait = asyncio.get_running_loop().run_in_executor
            return View(await wait(self.history_thread, self.history.state_at, selection.as_of, self.store.view.table))
        position = selection.position()
        if position:
            try:
                async with asyncio.timeout(AFTER_LIMIT_S):
                    await self.store.until_held(position)
            except TimeoutError:
                raise NotCaughtUpError(
                    f"the readings up to `after` did not come within {AFTER_LIMIT_S:g} s; ask again, or without it",
                    headers={"Retry-After": "1"},
                ) from None
        return self.view()


@asynccontextmanager
async def open_runtime(settings: Settings, registry: CollectorRegistry) -> AsyncIterator[Runtime]:
    """Open all, start following table and topic; at the end stop in reverse order."""
    async with AsyncExitStack() as stack:
        people = await stack.enter_async_context(open_people(settings))
        store = ViewStore(
            max_tail_rows=settings.max_tail_rows, seen_ids=settings.seen_ids, observe=people.observations.observe
        )
        hdfs = Hdfs(settings.hdfs_uri)
        cache = FileCache(settings.cache_dir / "data-files", max_bytes=settings.cache_max_mb << 20, fetch=hdfs.copy)
        cache.open()
        # Somebody's own SQL has slots of its own, so that it keeps nobody waiting who asks for something else.
        engine, sql_engine = _engine(settings, cache), _engine(settings, cache)
        export_engine = DuckDbEngine(
            cache,
            threads=1,
            memory_limit_mb=settings.export_memory_mb,
            max_concurrent=1,
            max_waiting=1,
            time_limit_s=settings.export_time_limit_s,
        )
        for one in (engine, sql_engine, export_engine):
            one.open()
            stack.callback(one.close)
        sql_engine.prepare_sql()
        committed = asyncio.Event()
        consumer = _consumer(settings, store, committed)
        refresher = SnapshotRefresher(
            _layered_reader(settings, hdfs, cache),
            store,
            observe=Metrics(store, registry).refresh_seconds.observe,
            committed=committed,
            on_restart=consumer.restart,
            refresh_interval_s=settings.refresh_interval_s,
            refresh_limit_s=settings.refresh_limit_s,
        )
        stack.callback(refresher.close)
        history_thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        stack.callback(history_thread.shutdown, wait=False, cancel_futures=True)
        backtests = BacktestService(
            cache,
            people.sensors,
            load_sensor_types(settings.sensor_types_file),
            max_readings=settings.backtest_max_readings,
        )
        stack.callback(backtests.close)
        tasks = await stack.enter_async_context(BackgroundTasks())
        exports = ExportsService(export_engine, settings.cache_dir / "exports", _export_limits(settings))
        exports.open()
        tasks.start(exports.run(), "make exports")
        tasks.start(refresher.run(), "refresh the table")
        tasks.start(_consume_once_known(refresher, consumer), "read the tail")
        yield Runtime(
            people=people,
            store=store,
            consumer=consumer,
            refresher=refresher,
            history=SnapshotHistory(Catalog(settings.table, _metastore(settings), hdfs), hdfs, READING_COLUMNS.time),
            history_thread=history_thread,
            stats=StatsService(engine),
            readings=ReadingsService(engine),
            timeseries=TimeseriesService(engine),
            latest=LatestService(engine),
            locations=LocationsService(engine),
            summary=SummaryService(
                engine,
                max_age_ms=settings.summary_max_age_ms,
            ),
            sql=SqlService(sql_engine),
            analyses=AnalysesService(AnalysesRepository(engine, _metastore(settings), Hdfs(settings.hdfs_uri))),
            backtests=backtests,
            exports=exports,
            status=StatusService(store, consumer, cache),
            tasks=tasks,
        )


def _export_limits(settings: Settings) -> Limits:
    return Limits(
        keep=timedelta(hours=settings.exports_max_age_h),
        max_bytes=settings.exports_max_mb << 20,
        max_waiting=settings.exports_max_waiting,
    )


def _engine(settings: Settings, cache: FileCache) -> DuckDbEngine:
    return DuckDbEngine(
        cache,
        threads=settings.query_threads,
        memory_limit_mb=settings.memory_limit_mb,
        max_concurrent=settings.max_concurrent_queries,
        max_waiting=settings.max_waiting_queries,
        time_limit_s=settings.query_time_limit_s,
    )


def _metastore(settings: Settings) -> Metastore:
    return Metastore(settings.metastore_uri, timeout_ms=settings.metastore_timeout_ms)


def _layered_reader(settings: Settings, hdfs: Hdfs, cache: FileCache) -> LayeredReader:
    rollups = {width_s: _table_reader(settings, hdfs, cache, table.name, ROLLUP_COLUMNS) for width_s, table in ROLLUPS}
    return LayeredReader(_table_reader(settings, hdfs, cache, settings.table, READING_COLUMNS), rollups)


def _table_reader(settings: Settings, hdfs: Hdfs, cache: FileCache, table: str, columns: TableColumns) -> TableReader:
    limits = RecentLimits(
        max_file_bytes=settings.recent_max_file_kb << 10,
        max_rows=settings.recent_max_rows,
        max_files=settings.recent_max_files,
        max_merged_bytes=settings.cache_max_mb << 20,
        grace_s=2 * settings.query_time_limit_s,
    )
    folder = "merged" if columns is READING_COLUMNS else f"merged-{table}"
    merged = MergedFiles(settings.cache_dir / folder, columns)
    return TableReader(Catalog(table, _metastore(settings), hdfs), hdfs, cache, merged, limits, columns)


def _consumer(settings: Settings, store: ViewStore, committed: asyncio.Event) -> TailConsumer:
    return TailConsumer(
        settings.kafka_bootstrap_servers,
        store,
        table=settings.table,
        committed=committed,
        lookback_s=settings.lookback_s,
        max_lookback_messages=settings.max_lookback_messages,
        check_interval_s=settings.kafka_check_interval_s,
    )


async def _consume_once_known(refresher: SnapshotRefresher, consumer: TailConsumer) -> None:
    """Where to consume from is only known once the table is, or that there is none."""
    await refresher.known.wait()
    await consumer.run()
