"""DuckDB over files, memory and tail."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from iot_contracts.readings import Reading
from query_api.engines.dialect import latest, mean
from query_api.engines.duckdb import DuckDbEngine
from query_api.errors import OverloadedError, QueryTimeoutError, QueryTooLargeError
from query_api.table.data_files import Bounds, DataFile, Needed
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment
from query_api.tail.batches import to_batch
from query_api.view.parts import Parts
from service_kit.testing import wait_until

MakeTable = Callable[..., pa.Table]
MakeReading = Callable[..., Reading]


def no_fetch(_location: str, _target: Path) -> int:
    raise AssertionError("nothing is fetched in these tests")


def new_engine(folder: Path, **changes: Any) -> DuckDbEngine:
    limits = {"threads": 2, "memory_limit_mb": 128, "max_concurrent": 2, "max_waiting": 1, "time_limit_s": 5.0}
    engine = DuckDbEngine(FileCache(folder, max_bytes=0, fetch=no_fetch), **{**limits, **changes})
    engine.open()
    return engine


@pytest.fixture
def parts(table: MakeTable, reading: MakeReading, data_file: Callable[..., DataFile], tmp_path: Path) -> Parts:
    """Readings 1 and 2 in a file, 3 and 4 in memory, 5 and 6 in the tail."""
    pq.write_table(table([1, 2], detected_anomaly=True), tmp_path / "merged.parquet")
    return Parts(
        cold=[ColdSegment((data_file("f", rows=2),), merged=tmp_path / "merged.parquet")],
        recent=[table([3]), table([4])],
        tail=[to_batch([0, 1], [reading(5), reading(6)])],
    )


def values(readings: sa.FromClause) -> sa.Select[Any]:
    return sa.select(readings.c.value, readings.c.source, readings.c.detected_anomaly).order_by(readings.c.value)


def endless(readings: sa.FromClause) -> sa.Select[Any]:
    numbers = sa.func.range(10**12).table_valued("range").alias("numbers")
    return sa.select(sa.func.sum(numbers.c.range * numbers.c.range)).where(numbers.c.range % 7 != 8)


async def test_a_statement_sees_every_part_once_and_says_which(engine: DuckDbEngine, parts: Parts) -> None:
    assert await engine.rows_of(parts, values) == [
        (1.0, "table", True),
        (2.0, "table", True),
        (3.0, "table", False),
        (4.0, "table", False),
        (5.0, "tail", None),
        (6.0, "tail", None),
    ]


async def test_nothing_at_all_is_an_empty_relation(engine: DuckDbEngine) -> None:
    assert await engine.rows_of(Parts(), values) == []


async def test_files_that_cannot_hold_what_is_needed_are_not_opened(
    engine: DuckDbEngine, data_file: Callable[..., DataFile], reading: MakeReading
) -> None:
    early = Bounds(event_time_min=reading(1).timestamp, event_time_max=reading(2).timestamp)
    missing = ColdSegment((data_file("f", bounds=early),), merged=Path("/does/not/exist.parquet"))
    needed = Needed(start=reading(3).timestamp)
    assert await engine.rows_of(Parts(cold=[missing]), values, needed) == []


async def test_what_a_user_gives_is_a_parameter_and_never_text(engine: DuckDbEngine, parts: Parts) -> None:
    evil = "x' OR '1'='1"
    rows = await engine.rows_of(parts, lambda readings: values(readings).where(readings.c.sensor_id.in_([evil, "y"])))
    assert rows == []


async def test_times_are_utc_whatever_the_machines_zone(
    engine: DuckDbEngine, parts: Parts, reading: MakeReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    [(newest,)] = await engine.rows_of(parts, lambda readings: sa.select(sa.func.max(readings.c.event_timestamp)))
    assert newest == reading(6).timestamp
    assert newest.utcoffset().total_seconds() == 0


async def test_the_mean_is_summed_with_compensation(engine: DuckDbEngine, table: MakeTable) -> None:
    parts = Parts(recent=[table([1, 2], value=1e16), table([3, 4, 5], value=1.0), table([6, 7], value=-1e16)])
    rows = await engine.rows_of(parts, lambda readings: sa.select(mean(readings.c.value)))
    assert rows == [(3 / 7,)]


async def test_the_latest_value_is_that_of_the_greatest_time(engine: DuckDbEngine, table: MakeTable) -> None:
    parts = Parts(recent=[table([5]), table([9]), table([2])])
    rows = await engine.rows_of(parts, lambda readings: sa.select(latest(readings.c.value, readings.c.event_timestamp)))
    assert rows == [(9.0,)]


async def test_a_query_that_takes_too_long_is_stopped_and_its_slot_is_free_again(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, max_concurrent=1, time_limit_s=0.2)
    with pytest.raises(QueryTimeoutError, match="narrow"):
        await engine.rows_of(parts, endless)
    assert len(await asyncio.wait_for(engine.rows_of(parts, values), 5)) == 6
    engine.close()


async def test_a_request_that_goes_away_before_its_query_begins_stops_it_too(folder: Path, parts: Parts) -> None:
    engine, gone = new_engine(folder, max_concurrent=1, time_limit_s=60), threading.Event()

    def endless_once_it_is_gone(readings: sa.FromClause) -> sa.Select[Any]:
        gone.wait(5)
        return endless(readings)

    asking = asyncio.create_task(engine.rows_of(parts, endless_once_it_is_gone))
    await wait_until(lambda: engine.running == 1, deadline_s=5, otherwise="the query did not start")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    gone.set()
    await wait_until(lambda: engine.running == 0, deadline_s=5, otherwise="the query goes on")
    engine.close()


async def test_a_request_that_goes_away_stops_its_query(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, max_concurrent=1, time_limit_s=60)
    asking = asyncio.create_task(engine.rows_of(parts, endless))
    await wait_until(lambda: engine.running == 1, deadline_s=5, otherwise="the query did not start")
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await wait_until(lambda: engine.running == 0, deadline_s=5, otherwise="the query goes on")
    engine.close()


async def test_more_than_may_wait_are_refused_at_once(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, max_concurrent=1, max_waiting=1, time_limit_s=60)
    asking = [asyncio.create_task(engine.rows_of(parts, endless)) for _ in range(2)]
    await wait_until(lambda: engine.waiting == 1, deadline_s=5, otherwise="nobody waits")
    with pytest.raises(OverloadedError) as refused:
        await engine.rows_of(parts, values)
    assert refused.value.headers == {"Retry-After": "1"}
    for task in asking:
        task.cancel()
    await asyncio.wait(asking)
    engine.close()


async def test_a_query_that_needs_too_much_memory_says_so(folder: Path) -> None:
    engine = new_engine(folder, memory_limit_mb=32, time_limit_s=30)

    def enormous(_readings: sa.FromClause) -> sa.Select[Any]:
        numbers = sa.func.range(50_000_000).table_valued("range").alias("numbers")
        return sa.select(sa.func.count(sa.distinct(sa.func.md5(sa.cast(numbers.c.range, sa.String())))))

    with pytest.raises(QueryTooLargeError, match="memory"):
        await engine.rows_of(Parts(), enormous)
    engine.close()
