"""Trino: tools ask the tables in a second engine's SQL, and can change nothing."""

import math
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from stack.paths import TRINO_HOME, TRINO_JAVA_HOME
from support.counting import wait_for_count
from support.readings import a_sensor, post_values
from support.stack import PROJECT, Stack
from support.trino_client import TrinoClient, TrinoError

IS_INSTALLED = TRINO_HOME.exists() and TRINO_JAVA_HOME.exists()
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.skipif(
        not IS_INSTALLED and os.environ.get("TEST_TRINO") != "1",
        reason="Trino (840 MB) is not installed in this folder: TEST_TRINO=1 downloads it, as make up WITH=trino does",
    ),
]
INSTALLED_AND_UP_S = 900
QUERIES = PROJECT / "services" / "query-api" / "src" / "query_api" / "sql" / "queries"
# Those whose very text is both engines'; the others use functions of DuckDB, or what only query-api has.
REFUSED = "Access Denied|not support|not enabled|disabled|not registered"
PORTABLE = (
    "anomaly-rates",
    "by-hour",
    "by-hour-of-day",
    "detection-against-truth",
    "statistics-by-location",
)


@pytest.fixture(scope="module")
def trino(stack: Stack) -> Iterator[TrinoClient]:
    stack.make("up", WITH="trino", deadline_s=INSTALLED_AND_UP_S)
    with httpx.Client(base_url=f"http://127.0.0.1:{stack.port('TRINO')}", timeout=120) as http:
        yield TrinoClient(http)
    stack.make("up", WITH="none")
    assert "trino" not in stack.programs()


def test_it_is_a_program_of_the_stack_from_then_on(stack: Stack, trino: TrinoClient) -> None:
    assert trino.ask("SELECT 1") == [[1]]
    program = stack.programs()["trino"]
    assert (program["state"], program["reason"]) == ("RUNNING", "")


def test_its_command_line_asks_it(stack: Stack, trino: TrinoClient) -> None:
    outer = os.environ | {"PORT_OFFSET": str(stack.port_offset), "STATE_DIR": str(stack.state_dir)}
    command = [str(PROJECT / ".local/bin/iotctl"), "trino", "--execute", "SHOW TABLES"]
    done = subprocess.run(command, env=outer, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {'"readings"', '"anomalies"', '"window_stats"'} <= set(done.stdout.split())


async def test_a_commit_is_seen_as_soon_as_it_is_there(
    stack: Stack, http: httpx.AsyncClient, trino: TrinoClient
) -> None:
    sensor_id = a_sensor("trino")
    count = f"SELECT count(*) FROM iot.readings WHERE sensor_id = '{sensor_id}'"
    for sent in (3, 4, 5):
        await post_values(http, stack.url("ingest-api"), sensor_id, *([20.0] * (3 if sent == 3 else 1)))
        await wait_for_count(stack, http, sensor_id, sent, source="table")
        assert trino.ask(count) == [[sent]]


@pytest.mark.parametrize("name", PORTABLE)
async def test_a_named_query_has_the_same_figures(
    stack: Stack, http: httpx.AsyncClient, trino: TrinoClient, name: str
) -> None:
    sensor_id = a_sensor("trino")
    begin = datetime.now(UTC) - timedelta(hours=1)
    await post_values(http, stack.url("ingest-api"), sensor_id, 20.25, 21.5, 22.75, is_anomaly=False)
    await post_values(http, stack.url("ingest-api"), sensor_id, 900.0, is_anomaly=True)
    await wait_for_count(stack, http, sensor_id, 4, source="table")
    text = (QUERIES / f"{name}.sql").read_text()
    span = {"from": begin.isoformat(), "to": datetime.now(UTC).isoformat()}
    asked = {parameter: value for parameter, value in span.items() if f"${parameter}" in text}
    answer = await http.get(f"{stack.url('query-api')}/v1/queries/{name}", params=asked)
    assert answer.status_code == 200, answer.text
    for parameter, value in asked.items():
        text = text.replace(f"${parameter}", f"from_iso8601_timestamp('{value}')")
    # What is not given is no text of either engine's.
    text = text.replace("$type", "CAST(NULL AS varchar)")
    columns, rows = trino.answer(text)
    theirs = answer.json()
    assert columns == [column["name"] for column in theirs["columns"]]
    assert rows
    assert_same(rows, theirs["rows"])


def assert_same(ours: list[list[Any]], theirs: list[list[Any]]) -> None:
    """The same rows; where the query leaves the order of equals open, in any order."""
    assert _sorted(ours) == _sorted(theirs)


def _sorted(rows: list[list[Any]]) -> list[list[Any]]:
    return sorted(([_comparable(value) for value in row] for row in rows), key=repr)


def _comparable(value: Any) -> Any:
    """Times as times, decimals as numbers; engines add up in their own order, so numbers have ten digits."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.replace(" UTC", "+00:00").replace("Z", "+00:00"))
        except ValueError:
            pass
        try:
            value = float(value)
        except ValueError:
            return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(f"{value:.10g}") if math.isfinite(value) else value
    return value


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO iot.readings SELECT * FROM iot.readings",
        "DELETE FROM iot.readings",
        "UPDATE iot.readings SET value = 0",
        "MERGE INTO iot.readings a USING iot.readings b ON a.reading_id = b.reading_id WHEN MATCHED THEN DELETE",
        "TRUNCATE TABLE iot.readings",
        "DROP TABLE iot.readings",
        "DROP SCHEMA iot CASCADE",
        "ALTER TABLE iot.readings RENAME TO gone",
        "ALTER TABLE iot.readings ADD COLUMN more integer",
        "ALTER TABLE iot.readings EXECUTE optimize",
        "ALTER TABLE iot.readings EXECUTE expire_snapshots(retention_threshold => '0s')",
        "ALTER TABLE iot.readings EXECUTE remove_orphan_files(retention_threshold => '0s')",
        "ALTER TABLE iot.readings SET PROPERTIES format_version = 2",
        "ALTER TABLE iot.readings SET AUTHORIZATION anybody",
        "ANALYZE iot.readings",
        "COMMENT ON TABLE iot.readings IS 'more'",
        "CREATE TABLE iot.more (a integer)",
        "CREATE TABLE iot.more AS SELECT 1 AS a",
        "CREATE VIEW iot.more AS SELECT 1 AS a",
        "CREATE MATERIALIZED VIEW iot.more AS SELECT 1 AS a",
        "CREATE SCHEMA more",
        "CREATE FUNCTION iot.iot.more() RETURNS integer RETURN 1",
        "GRANT SELECT ON iot.readings TO anybody",
        "CALL iot.system.unregister_table('iot', 'readings')",
        "CALL iot.system.rollback_to_snapshot('iot', 'readings', 1)",
        "CALL system.runtime.kill_query('20260101_000000_00000_aaaaa', 'more')",
        "CREATE CATALOG more USING iceberg",
        "SET SESSION query_max_execution_time = '1h'",
    ],
)
def test_what_is_no_query_is_refused(trino: TrinoClient, statement: str) -> None:
    tables = trino.ask("SHOW TABLES FROM iot")
    before = trino.ask("SELECT count(*) FROM iot.readings")
    with pytest.raises(TrinoError, match=REFUSED):
        trino.ask(statement)
    assert trino.ask("SHOW TABLES FROM iot") == tables
    assert trino.ask("SELECT count(*) FROM iot.readings") >= before
