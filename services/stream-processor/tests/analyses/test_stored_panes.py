"""Panes of whole days are kept: a run computes the new and changed days, and finds what a run over all days finds."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from analyses.month import COLUMNS, START
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS
from stream_processor.analyses.inputs import Range, panes_of, readings_of
from stream_processor.analyses.storage import read_snapshot
from stream_processor.analyses.stored_panes import TABLE, stored_panes, whole_days
from stream_processor.tables.schemas import CATALOG, full_name

DAY = timedelta(days=1)


def append(spark: SparkSession, rows: list[tuple[Any, ...]]) -> None:
    stored = spark.createDataFrame(rows, COLUMNS).select(
        "*",
        F.uuid().alias("reading_id"),
        F.lit(None).cast("double").alias("expected_low"),
        F.lit(None).cast("double").alias("expected_high"),
        F.lit(0).alias("kafka_partition"),
        F.monotonically_increasing_id().alias("kafka_offset"),
    )
    ordered = stored.select(*(column.name for column in READINGS.columns))
    ordered.sortWithinPartitions("event_timestamp").writeTo(full_name(READINGS)).append()


def panes(spark: SparkSession, range_: Range) -> tuple[list[Row], list[Row], list[date]]:
    """Through the table, as computed from all readings, and which days were computed."""
    table, snapshot = read_snapshot(spark)
    readings = readings_of(table, range_)
    stored, computed = stored_panes(spark, readings, range_, snapshot)
    order = ("sensor_id", "start_s")
    whole = panes_of(readings)
    return stored.select(*whole.columns).orderBy(*order).collect(), whole.orderBy(*order).collect(), computed


@pytest.mark.usefixtures("tables")
def test_only_new_and_changed_days_are_computed_and_the_result_is_the_same(
    spark: SparkSession, a_month: list[tuple[Any, ...]]
) -> None:
    by_day = sorted((row for row in a_month if row[7] < START + 4 * DAY), key=lambda row: row[7])
    days = [[row for row in by_day if START + n * DAY <= row[7] < START + (n + 1) * DAY] for n in range(4)]
    try:
        append(spark, days[0] + days[1])
        stored, whole, computed = panes(spark, Range(START, START + 2 * DAY))
        assert stored == whole
        assert computed == [date(2026, 3, 1), date(2026, 3, 2)]

        append(spark, days[2])
        stored, whole, computed = panes(spark, Range(START, START + 3 * DAY))
        assert stored == whole
        assert computed == [date(2026, 3, 3)], "one new day"

        late = [(*row[:4], 99.0, *row[5:]) for row in days[1][:1]]
        append(spark, late + days[3])
        edges = Range(START + timedelta(hours=6), START + 4 * DAY - timedelta(hours=6))
        stored, whole, computed = panes(spark, edges)
        assert stored == whole
        assert computed == [date(2026, 3, 2)], "a late reading changed it; days that are not whole are not stored"
        assert panes(spark, edges)[2] == []
    finally:
        spark.sql(f"DROP TABLE IF EXISTS {CATALOG}.{TABLE} PURGE")


def test_days_that_the_range_cuts_are_not_whole() -> None:
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    assert whole_days(Range(midnight, midnight + DAY)) == (midnight, midnight + DAY)
    cut = Range(midnight + timedelta(hours=1), midnight + 2 * DAY + timedelta(hours=1))
    assert whole_days(cut) == (midnight + DAY, midnight + 2 * DAY)
