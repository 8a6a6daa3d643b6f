"""Somebody's own SQL: what it may read, and that it can reach nothing else."""

import asyncio
import resource
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iot_contracts.readings import Reading
from query_api.engines.duckdb import DuckDbEngine
from query_api.engines.sandbox import UNCOUNTED_MB
from query_api.errors import QueryTimeoutError, QueryTooLargeError, SqlError, SqlRefusedError
from query_api.table.data_files import DataFile
from query_api.table.file_cache import FileCache
from query_api.table.state import ColdSegment
from query_api.tail.batches import to_batch
from query_api.view.parts import Parts

MakeTable = Callable[..., pa.Table]
MakeReading = Callable[..., Reading]


def peak_kb(pid: int) -> int:
    """The most memory that the process had; nothing of one that has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def no_fetch(_location: str, _target: Path) -> int:
    raise AssertionError("nothing is fetched in these tests")


def new_engine(folder: Path, **changes: Any) -> DuckDbEngine:
    limits = {"threads": 2, "memory_limit_mb": 256, "max_concurrent": 2, "max_waiting": 1, "time_limit_s": 10.0}
    engine = DuckDbEngine(FileCache(folder, max_bytes=0, fetch=no_fetch), **{**limits, **changes})
    engine.open()
    return engine


@pytest.fixture
def parts(table: MakeTable, reading: MakeReading, data_file: Callable[..., DataFile], tmp_path: Path) -> Parts:
    """Readings 1 and 2, anomalous, in a file of an odd name; 3 and 4 in memory, 5 and 6 in the tail."""
    path = tmp_path / "it's :half.parquet"
    pq.write_table(table([1, 2], detected_anomaly=True), path)
    return Parts(
        cold=[ColdSegment((data_file("f", rows=2),), merged=path)],
        recent=[table([3]), table([4])],
        tail=[to_batch([0, 1], [reading(5), reading(6)])],
    )


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDbEngine]:
    """One for many tests, as its worker takes half a second to start."""
    engine = new_engine(tmp_path_factory.mktemp("engine"))
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("text", "parameters", "rows"),
    [
        ("SELECT count(*), sum(value) FROM iot.readings", [], [(6, 21.0)]),
        ("select value from READINGS where source = 'tail' order by 1", [], [(5.0,), (6.0,)]),
        ("SELECT value FROM iot.readings WHERE value > ? ORDER BY value DESC", [4], [(6.0,), (5.0,)]),
        ("SELECT value FROM iot.readings WHERE sensor_id = $who", {"who": "x' OR '1'='1"}, []),
        ("SELECT count(*) FROM iot.anomalies", [], [(2,)]),
        ("SELECT count(*) FROM iot.latest", [], [(3,)]),
        ("SELECT sum(readings), sum(anomalies) FROM iot.hourly", [], [(6, 2)]),
        ("WITH a AS (SELECT max(value) AS m FROM iot.readings) SELECT m FROM a", [], [(6.0,)]),
        (
            "WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t",
            [],
            [(1,), (2,), (3,)],
        ),
        ("FROM range(2)", [], [(0,), (1,)]),
        ("SELECT unnest([1, 2])", [], [(1,), (2,)]),
        ("VALUES (1, 'a')", [], [(1, "a")]),
        ("SELECT 1 -- ; DROP TABLE x", [], [(1,)]),
        ("SELECT ';' ;", [], [(";",)]),
    ],
)
async def test_a_select_sees_every_reading(
    engine: DuckDbEngine, parts: Parts, text: str, parameters: Any, rows: list[tuple[Any, ...]]
) -> None:
    assert list((await engine.sql_of(parts, text, parameters, 100)).rows) == rows


HOSTILE = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_csv_auto('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{secret}')",
    "SELECT * FROM parquet_metadata('{secret}')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM '{secret}'",
    'SELECT * FROM "{secret}"',
    "SELECT (SELECT content FROM read_text('{secret}'))",
    "SELECT 1 WHERE EXISTS (SELECT * FROM read_text('{secret}'))",
    "WITH a AS (SELECT * FROM read_text('{secret}')) SELECT * FROM a",
    "SELECT * FROM iot.readings JOIN read_text('{secret}') ON true",
    "SELECT value FROM iot.readings ORDER BY (SELECT content FROM read_text('{secret}'))",
    "SELECT list_transform([1], x -> (SELECT content FROM read_text('{secret}')))",
    "COPY (SELECT 1) TO '{folder}/written.csv'",
    "COPY iot.readings TO '{folder}/written.parquet' (FORMAT parquet)",
    "EXPORT DATABASE '{folder}/written'",
    "ATTACH '{folder}/written.db' AS other",
    "CREATE TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO f() AS 1",
    "INSERT INTO iot.readings SELECT * FROM iot.readings",
    "UPDATE iot.readings SET value = 0",
    "DELETE FROM iot.readings",
    "DROP VIEW iot.readings",
    "ALTER TABLE iot.readings RENAME TO x",
    "TRUNCATE iot.readings",
    "SET threads = 8",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "PREPARE p AS SELECT 1",
    "USE main",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW iot.readings",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_settings",
    "WITH duckdb_settings AS (SELECT 1) SELECT * FROM duckdb_settings",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM main.all_readings",
    "SELECT * FROM tail_readings",
    "SELECT * FROM memory.iot.readings",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('tail_readings')",
    "SELECT current_setting('memory_limit')",
    "SELECT getenv('PATH')",
    "SELECT getvariable('x')",
    "WITH x AS (INSERT INTO iot.readings VALUES (1) RETURNING *) SELECT * FROM x",
    "WITH x AS (UPDATE iot.readings SET value = 1 RETURNING *) SELECT * FROM x",
    "WITH x AS (DELETE FROM iot.readings RETURNING *) SELECT * FROM x",
    "SELECT json_serialize_plan('SELECT * FROM duckdb_settings()')",
    "SELECT * FROM (WITH tail_readings AS (SELECT 1) SELECT 1), tail_readings",
    "SELECT 'select ' || " + "CASE WHEN true THEN " * 700 + "1" + " END" * 700,
    "SHOW TABLES",
    "SHOW ALL TABLES",
    "EXPLAIN SELECT 1",
    "",
    ";",
    "SELEC 1",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_nothing_else_is_read_or_written(engine: DuckDbEngine, parts: Parts, tmp_path: Path, text: str) -> None:
    secret = tmp_path / "secret"
    before = await asyncio.to_thread(_files_with, secret)
    with pytest.raises((SqlRefusedError, SqlError)) as refused:
        await engine.sql_of(parts, text.format(secret=secret, folder=tmp_path), [], 10)
    assert "the secret" not in refused.value.detail
    assert await asyncio.to_thread(_files_with, secret) == before


def _files_with(secret: Path) -> list[Path]:
    secret.write_text("the secret\n")
    return sorted(secret.parent.iterdir())


def nested(levels: int) -> str:
    """A CASE in a CASE …; what looks like brackets is text."""
    return "SELECT '\\\"{[{[' || " + "CASE WHEN true THEN " * levels + "'x'" + " END" * levels


async def test_expressions_are_nested_up_to_a_bound(engine: DuckDbEngine, parts: Parts) -> None:
    assert (await engine.sql_of(parts, nested(196), [], 1)).rows == [('\\"{[{[x',)]
    with pytest.raises(SqlRefusedError, match="nested too deeply, more than some 200 levels"):
        await engine.sql_of(parts, nested(197), [], 1)


DOUBLED = "WITH RECURSIVE t AS (SELECT 'x' AS s UNION ALL SELECT s || s FROM t WHERE length(s) < 1e12)"
GREEDY = [
    "SELECT generate_series(1, 200000000)",
    "SELECT list_sum(range(100000000))",
    "SELECT list_resize([1], 300000000)",
    "SELECT repeat('x', 1000000000)",
    "SELECT lpad('x', 1000000000, 'y')",
    "SELECT format('{:1000000000d}', 1)",
    "SELECT printf('%1000000000d', 1)",
    f"{DOUBLED} SELECT max(length(s)) FROM t",
    f"{DOUBLED} SELECT s FROM t",
    f"SELECT {'replace(' * 9}'x'{', $$x$$, repeat($$x$$, 10))' * 9}",
    "SELECT [[] FOR x IN range(20000000)]",
    "SELECT repeat('x', 100000000)",
    "SELECT repeat('x', 1000) FROM range(1000000)",
]


@pytest.mark.parametrize("text", GREEDY)
async def test_what_a_statement_needs_ends_at_the_limit(engine: DuckDbEngine, parts: Parts, text: str) -> None:
    with pytest.raises((QueryTooLargeError, QueryTimeoutError)):
        await engine.sql_of(parts, text, [], 100_000)
    assert (await engine.sql_of(parts, "SELECT count(*) FROM iot.readings", [], 1)).rows == [(6,)]
    # Of the processes that are there and those that have ended; some 120 MiB are there before a statement begins.
    peaks_kb = [peak_kb(pid) for pid in engine.worker_pids] + [resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]
    assert max(peaks_kb) >> 10 < 128 + UNCOUNTED_MB + 150


async def test_a_statement_leaves_nothing_behind_for_the_next(engine: DuckDbEngine, parts: Parts) -> None:
    with pytest.raises(SqlRefusedError):
        await engine.sql_of(parts, "CREATE TEMP TABLE mine AS SELECT 1", [], 10)
    with pytest.raises(SqlRefusedError, match="there is no table mine"):
        await engine.sql_of(parts, "SELECT * FROM mine", [], 10)


async def test_rows_beyond_the_limit_are_not_made(engine: DuckDbEngine, parts: Parts) -> None:
    result = await engine.sql_of(parts, "SELECT range, 'x' || range AS x FROM range(1000000000000)", [], 3)
    assert ([row[0] for row in result.rows], result.is_cut) == ([0, 1, 2], True)
    assert result.columns == [("range", "BIGINT"), ("x", "VARCHAR")]
    assert not (await engine.sql_of(parts, "FROM range(3)", [], 3)).is_cut


async def test_an_endless_statement_is_stopped(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, max_concurrent=1, time_limit_s=0.5)
    with pytest.raises(QueryTimeoutError):
        await engine.sql_of(parts, "SELECT sum(range * range) FROM range(1000000000000) WHERE range % 7 <> 8", [], 1)
    engine.close()


async def test_a_statement_whose_client_has_left_is_stopped(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, max_concurrent=1, time_limit_s=600)
    endless = "SELECT sum(range * range) FROM range(1000000000000) WHERE range % 7 <> 8"
    asking = asyncio.create_task(engine.sql_of(parts, endless, [], 1))
    while not engine.running:  # noqa: ASYNC110 - the engine has no event for it
        await asyncio.sleep(0)
    asking.cancel()
    # The only slot is free again.
    assert len((await asyncio.wait_for(engine.sql_of(parts, "SELECT 1", [], 1), 10)).rows) == 1
    engine.close()


async def test_a_statement_that_needs_too_much_memory_says_so(folder: Path, parts: Parts) -> None:
    engine = new_engine(folder, memory_limit_mb=64, max_concurrent=1)
    with pytest.raises((QueryTooLargeError, QueryTimeoutError)):
        await engine.sql_of(parts, "SELECT count(DISTINCT range || 'x') FROM range(100000000)", [], 1)
    engine.close()


async def test_an_answer_that_is_too_long_says_so(engine: DuckDbEngine, parts: Parts) -> None:
    text = "SELECT repeat('x', 1000) FROM range(?)"
    assert len((await engine.sql_of(parts, text, [65_000], 100_000)).rows) == 65_000
    with pytest.raises(QueryTooLargeError, match="the answer is longer than 64 MiB"):
        await engine.sql_of(parts, text, [68_000], 100_000)
