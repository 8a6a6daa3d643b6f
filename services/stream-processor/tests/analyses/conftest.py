"""The month as inputs of the analyses, and the same rows in DuckDB."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from analyses.month import COLUMNS, END, RANGE, START, Analyse, month
from pyspark.sql import Row, SparkSession

from stream_processor.analyses.inputs import Inputs, Range, prepare, readings_of
from stream_processor.analyses.registry import result_of

FREE_BYTES = 1_000_000_000


EARLIER = "sensor_id string, sensor_type string, location string, unit string, last_at timestamp"


def inputs_of(
    spark: SparkSession,
    rows: Sequence[tuple[Any, ...]],
    range_: Range = RANGE,
    earlier: Sequence[tuple[Any, ...]] = (),
) -> Inputs:
    """Rows of `COLUMNS` as a run would see them; each day has a file of a million bytes."""
    sizes = spark.createDataFrame([(date(2026, 3, day), 1_000_000) for day in range(1, 31)], "day date, bytes bigint")
    table = spark.createDataFrame(list(rows), COLUMNS)
    before = spark.createDataFrame(list(earlier), EARLIER)
    return prepare(readings_of(table, range_), range_, sizes, FREE_BYTES, earlier=before)


@pytest.fixture(scope="session")
def quick(spark: SparkSession) -> SparkSession:
    """A session that compiles nothing: for rows this few, compiling takes longer than computing."""
    session = spark.newSession()
    for key, value in {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    }.items():
        session.conf.set(key, value)
    return session


@pytest.fixture(scope="session")
def a_month() -> list[tuple[Any, ...]]:
    return month()


@pytest.fixture(scope="session")
def results(quick: SparkSession, a_month: list[tuple[Any, ...]]) -> Callable[[str], list[Row]]:
    """The result of an analysis over the month, computed once."""
    inputs = inputs_of(quick, a_month)
    known: dict[str, list[Row]] = {}

    def result(name: str) -> list[Row]:
        if name not in known:
            known[name] = result_of(name, inputs).collect()
        return known[name]

    return result


@pytest.fixture(scope="session")
def duck(a_month: list[tuple[Any, ...]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB with the month as table `readings`, times as microseconds since the epoch in UTC."""
    names = [column.split()[0] for column in COLUMNS.split(", ")]
    table = pa.table({name: [row[index] for row in a_month] for index, name in enumerate(names)})
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("arrow_readings", table)
    connection.execute("CREATE TABLE readings AS SELECT * FROM arrow_readings")
    yield connection
    connection.close()


@pytest.fixture
def analyse(quick: SparkSession) -> Analyse:
    """An analysis over a few rows, each made of what it differs in."""

    def run(
        name: str,
        *changes: dict[str, Any],
        start: datetime = START,
        end: datetime = END,
        earlier: Sequence[tuple[Any, ...]] = (),
    ) -> list[Row]:
        rows = []
        for change in changes:
            row = {
                "sensor_id": "S1",
                "sensor_type": "temperature",
                "location": "Centre",
                "unit": "Celsius",
                "value": 20.0,
                "is_anomaly": None,
                "battery_level": None,
                "event_timestamp": START,
                "detected_anomaly": False,
                "anomaly_score": 0.0,
                "anomaly_reason": None,
            } | change
            row.setdefault("processing_time", row["event_timestamp"])
            rows.append(tuple(row[column.split()[0]] for column in COLUMNS.split(", ")))
        return result_of(name, inputs_of(quick, rows, Range(start, end), earlier)).collect()

    return run
