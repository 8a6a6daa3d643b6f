"""Everything that lives as long as the process: opened here in order, undone in reverse."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

from query_api.errors import NotCaughtUpError
from query_api.lakehouse.adoption import Adoption
from query_api.lakehouse.catalog import Catalog
from query_api.lakehouse.consumer import TailConsumer
from query_api.lakehouse.engine import Engine
from query_api.lakehouse.file_cache import FileCache
from query_api.lakehouse.hdfs import Hdfs
from query_api.lakehouse.lake_reader import LakeReader, RecentLimits
from query_api.lakehouse.merged_files import MergedFiles
from query_api.lakehouse.metastore import Metastore
from query_api.lakehouse.view import View, ViewStore
from query_api.metrics import Metrics
from query_api.readings.service import ReadingsService
from query_api.settings import Settings
from query_api.stats.service import StatsService
from query_api.status.service import StatusService
from query_api.summary.service import SummaryService
from service_kit.logging import get_logger

_log = get_logger(__name__)


@dataclass(frozen=True)
class Runtime:
    """The live resources and the services on them."""

    store: ViewStore
    consumer: TailConsumer
    adoption: Adoption
    stats: StatsService
    readings: ReadingsService
    summary: SummaryService
    status: StatusService

    def view(self) -> View:
        """The current view. Raises NotCaughtUpError while it could hold less than an earlier answer."""
        if not self.consumer.caught_up:
            reason = self.adoption.problem or self.consumer.problem or "reading the topic up to its end"
            raise NotCaughtUpError(f"not ready: {reason}; ask again in a second", headers={"Retry-After": "1"})
        return self.store.view


@asynccontextmanager
async def open_runtime(settings: Settings) -> AsyncIterator[Runtime]:
    """Open all, start following table and topic; at the end stop in reverse order."""
    async with AsyncExitStack() as stack:
        store = ViewStore(max_tail_rows=settings.max_tail_rows, seen_ids=settings.seen_ids)
        hdfs = Hdfs(settings.hdfs_uri)
        cache = FileCache(settings.cache_dir / "data-files", max_bytes=settings.cache_max_mb << 20, fetch=hdfs.copy)
        cache.open()
        engine = _engine(settings, cache)
        engine.open()
        stack.callback(engine.close)
        committed = asyncio.Event()
        consumer = _consumer(settings, store, committed)
        adoption = Adoption(
            _lake_reader(settings, hdfs, cache),
            store,
            Metrics(store),
            committed=committed,
            on_restart=consumer.restart,
            look_interval_s=settings.look_interval_s,
            look_limit_s=settings.look_limit_s,
        )
        stack.callback(adoption.close)
        await stack.enter_async_context(_running(adoption.run()))
        await stack.enter_async_context(_running(_consume_once_known(adoption, consumer)))
        yield Runtime(
            store=store,
            consumer=consumer,
            adoption=adoption,
            stats=StatsService(engine),
            readings=ReadingsService(engine),
            summary=SummaryService(
                engine,
                low_battery_percent=settings.low_battery_percent,
                max_age_ms=settings.summary_max_age_ms,
            ),
            status=StatusService(store, consumer, cache),
        )


def _engine(settings: Settings, cache: FileCache) -> Engine:
    return Engine(
        cache,
        threads=settings.query_threads,
        memory_limit_mb=settings.memory_limit_mb,
        max_concurrent=settings.max_concurrent_queries,
        max_waiting=settings.max_waiting_queries,
        time_limit_s=settings.query_time_limit_s,
    )


def _lake_reader(settings: Settings, hdfs: Hdfs, cache: FileCache) -> LakeReader:
    metastore = Metastore(settings.metastore_uri, timeout_ms=settings.metastore_timeout_ms)
    limits = RecentLimits(
        max_file_bytes=settings.recent_max_file_kb << 10,
        max_rows=settings.recent_max_rows,
        max_files=settings.recent_max_files,
        max_merged_bytes=settings.cache_max_mb << 20,
        grace_s=2 * settings.query_time_limit_s,
    )
    merged = MergedFiles(settings.cache_dir / "merged")
    return LakeReader(Catalog(settings.table, metastore, hdfs), hdfs, cache, merged, limits)


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


async def _consume_once_known(adoption: Adoption, consumer: TailConsumer) -> None:
    """Where to consume from is only known once the table is, or that there is none."""
    await adoption.known.wait()
    await consumer.run()


@asynccontextmanager
async def _running(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` in the background as long as the block lasts."""
    task = asyncio.create_task(work)
    task.add_done_callback(_report)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("background work ended", exc_info=error)
