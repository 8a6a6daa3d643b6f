"""Spark's Thrift server: tools ask the tables by HiveServer2's protocol, and can change nothing."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from impala.dbapi import connect  # type: ignore[import-untyped]  # the package ships no types
from impala.error import Error  # type: ignore[import-untyped]

from support.counting import wait_for_count
from support.readings import a_sensor, post_values
from support.stack import PROJECT, Stack

pytestmark = pytest.mark.timeout(300)
NAMED_QUERY = "by-hour"


class Tool:
    """One session, as BI tools keep it open."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        """All rows of an answer."""
        self._cursor.execute(statement)
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def columns_at_once(self, statement: str) -> list[tuple[str, str]]:
        """Names and types as impala-shell asks for them: when the statement was sent, before it asks how far it is."""
        self._cursor.execute_async(statement)
        return [(name, kind) for name, kind, *_ in self._cursor.description]


@pytest.fixture(scope="module")
def tool(stack: Stack) -> Iterator[Tool]:
    stack.make("up", WITH="thrift")
    address = {"host": "127.0.0.1", "port": stack.port("THRIFT_SERVER"), "database": "iot"}
    connection = connect(**address, auth_mechanism="PLAIN", user="anybody", password="any", timeout=120)
    with closing(connection), closing(connection.cursor()) as cursor:
        yield Tool(cursor)
    stack.make("up", WITH="none")
    assert "thrift-server" not in stack.programs()


async def test_it_is_a_program_of_the_stack_from_then_on(stack: Stack, tool: Tool) -> None:
    assert tool.ask("SELECT 1") == [(1,)]
    program = stack.programs()["thrift-server"]
    assert (program["state"], program["reason"]) == ("RUNNING", "")


async def test_a_tool_finds_the_tables_and_counts_what_query_api_counts(
    stack: Stack, http: httpx.AsyncClient, tool: Tool
) -> None:
    tables = {name for _, name, _ in tool.ask("SHOW TABLES IN iot")}
    assert {"readings", "anomalies", "window_stats"} <= tables
    sensor_id = a_sensor("thrift")
    count = f"SELECT count(*) FROM iot.readings WHERE sensor_id = '{sensor_id}'"
    await post_values(http, stack.url("ingest-api"), sensor_id, 20.0, 21.0, 22.0)
    await wait_for_count(stack, http, sensor_id, 3, source="table")
    assert tool.ask(count) == [(3,)]
    # The session that is open sees a later commit.
    await post_values(http, stack.url("ingest-api"), sensor_id, 23.0)
    await wait_for_count(stack, http, sensor_id, 4, source="table")
    assert tool.ask(count) == [(4,)]


def test_the_columns_are_known_when_the_statement_was_taken(tool: Tool) -> None:
    columns = tool.columns_at_once("SELECT sensor_type, count(*) AS n, avg(value) AS mean FROM iot.readings GROUP BY 1")
    assert columns == [("sensor_type", "STRING"), ("n", "BIGINT"), ("mean", "DOUBLE")]


async def test_a_named_query_has_the_same_figures(stack: Stack, http: httpx.AsyncClient, tool: Tool) -> None:
    sensor_id, kind = a_sensor("thrift"), a_sensor("kind").lower()
    begin = datetime.now(UTC) - timedelta(hours=1)
    await post_values(http, stack.url("ingest-api"), sensor_id, 1.25, 2.5, 6.0, sensor_type=kind)
    await wait_for_count(stack, http, sensor_id, 3, source="table")
    end = datetime.now(UTC) + timedelta(minutes=1)
    asked = {"from": begin.isoformat(), "to": end.isoformat(), "type": kind}
    answer = await http.get(f"{stack.url('query-api')}/v1/queries/{NAMED_QUERY}", params=asked)
    assert answer.status_code == 200, answer.text
    theirs = [tuple(row)[1:] for row in answer.json()["rows"]]
    # The very text of the query: its SQL is both engines'.
    folder = PROJECT / "services" / "query-api" / "src" / "query_api" / "sql" / "queries"
    text = (folder / f"{NAMED_QUERY}.sql").read_text()
    for name, value in asked.items():
        text = text.replace(f"${name}", f"'{value}'")
    ours = [row[1:] for row in tool.ask(text)]
    assert sum(row[1] for row in ours) == 3
    assert ours == theirs


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO iot.readings SELECT * FROM iot.readings",
        "DELETE FROM iot.readings",
        "UPDATE iot.readings SET value = 0",
        "MERGE INTO iot.readings a USING iot.readings b ON a.reading_id = b.reading_id WHEN MATCHED THEN DELETE",
        "TRUNCATE TABLE iot.readings",
        "DROP TABLE iot.readings",
        "DROP TABLE IF EXISTS iot.readings PURGE",
        "DROP TABLE IDENTIFIER('iot.readings')",
        "EXECUTE IMMEDIATE 'DROP TABLE iot.readings'",
        "BEGIN DROP TABLE iot.readings; END",
        "DROP DATABASE iot CASCADE",
        "ALTER TABLE iot.readings RENAME TO iot.gone",
        "ALTER TABLE iot.readings ADD COLUMN more INT",
        "CREATE TABLE iot.more (a INT) USING iceberg",
        "CREATE TABLE iot.more USING iceberg AS SELECT 1 AS a",
        "CREATE DATABASE more",
        "CREATE TEMPORARY VIEW more USING text OPTIONS (path '/etc/hostname')",
        "CALL spark_catalog.system.rollback_to_timestamp('iot.readings', TIMESTAMP '2026-01-01 00:00:00')",
        "ADD JAR '/tmp/more.jar'",
        "SELECT TRANSFORM (1) USING 'id' AS (who STRING)",
        "WITH a AS (SELECT TRANSFORM (1) USING 'id' AS (who STRING)) SELECT * FROM a",
        "SELECT reflect('java.lang.System', 'getProperty', 'user.dir')",
        "SELECT 1 WHERE EXISTS (SELECT java_method('java.lang.System', 'getProperty', 'user.dir'))",
        "SELECT * FROM text.`file:///etc/hostname`",
        "SELECT (SELECT max(value) FROM text.`file:///etc/hostname`)",
    ],
)
def test_what_is_no_query_of_the_tables_is_refused(tool: Tool, statement: str) -> None:
    with pytest.raises(Error, match="this server only reads the tables of iot"):
        tool.ask(statement)


def test_a_refused_statement_has_changed_nothing(tool: Tool) -> None:
    before = tool.ask("SELECT count(*) FROM iot.readings"), tool.ask("SHOW TABLES IN iot")
    for statement in ("DELETE FROM iot.readings", "DROP TABLE iot.readings", "CREATE TABLE iot.more (a INT)"):
        with pytest.raises(Error):
            tool.ask(statement)
    assert (tool.ask("SELECT count(*) FROM iot.readings"), tool.ask("SHOW TABLES IN iot")) == before


@pytest.mark.parametrize("folder", ["/iot-data/processed/readings/data", "/iot-data/iot.db", "/iot-data/checkpoints"])
async def test_its_user_may_not_write_in_hdfs(stack: Stack, http: httpx.AsyncClient, tool: Tool, folder: str) -> None:
    webhdfs = f"http://127.0.0.1:{stack.port('NAMENODE_HTTP')}/webhdfs/v1"
    answer = await http.put(f"{webhdfs}{folder}/more", params={"op": "MKDIRS", "user.name": "reader"})
    assert answer.status_code == 403, answer.text
