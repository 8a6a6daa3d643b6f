"""Panes of whole days in a table of their own, so that a run computes those of new or changed days alone.

A day is as it was when the snapshot has the same data files of it: a late reading adds a file, and compaction, which
changes no reading, costs one computation more.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import DATABASE, READINGS
from stream_processor.analyses.inputs import Range, panes_of
from stream_processor.analyses.storage import TABLE_PROPERTIES, expire_snapshots
from stream_processor.tables.schemas import CATALOG, full_name

TABLE: Final = f"{DATABASE}.analysis_panes"
_NAME: Final = f"{CATALOG}.{TABLE}"
_DAY: Final = timedelta(days=1)


def stored_panes(
    spark: SparkSession, readings: DataFrame, range_: Range, snapshot: int | None
) -> tuple[DataFrame, list[date]]:
    """Panes of `readings`, those of the range, as of `snapshot`; and the whole days that had to be computed."""
    start, end = whole_days(range_)
    if snapshot is None or start >= end:
        return panes_of(readings), []
    _create(spark, readings)
    now = _fingerprints(spark, snapshot, start, end)
    then = {row.day: row.fingerprint for row in spark.table(_NAME).select("day", "fingerprint").distinct().collect()}
    changed = sorted(day for day, fingerprint in now.items() if then.get(day) != fingerprint)
    if changed:
        prints = spark.createDataFrame([(day, now[day]) for day in changed], "day date, fingerprint bigint")
        day = F.timestamp_seconds("start_s").cast("date")
        new = panes_of(_of_days(readings, changed)).withColumn("day", day).join(F.broadcast(prints), "day")
        new.select(*spark.table(_NAME).columns).coalesce(1).writeTo(_NAME).overwritePartitions()
        expire_snapshots(spark, TABLE)
    # A day without files has no panes, whatever is stored of it.
    kept = spark.table(_NAME).where(F.col("day").isin(list(now))).drop("day", "fingerprint")
    time = F.col("event_timestamp")
    edges = readings.where((time < F.lit(start)) | (time >= F.lit(end)))
    return kept.unionByName(panes_of(edges)), changed


def whole_days(range_: Range) -> tuple[datetime, datetime]:
    """The midnights (UTC) between which all days of a range are whole. Pure."""
    start, end = range_.start.astimezone(UTC), range_.end.astimezone(UTC)
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == start else midnight + _DAY, end.replace(hour=0, minute=0, second=0, microsecond=0)


def _of_days(readings: DataFrame, days: list[date]) -> DataFrame:
    """Readings of these days: by times, so that Iceberg reads no other day's files."""
    condition = F.lit(False)
    for day in days:
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        time = F.col("event_timestamp")
        condition = condition | ((time >= F.lit(start)) & (time < F.lit(start + _DAY)))
    return readings.where(condition)


def _fingerprints(spark: SparkSession, snapshot: int, start: datetime, end: datetime) -> dict[date, int]:
    """Of each day with readings, what its data files are."""
    files = spark.read.option("versionAsOf", snapshot).table(f"{full_name(READINGS)}.files")
    day = F.col("partition.event_timestamp_day").cast("date")
    rows = (
        files.groupBy(day.alias("day"))
        .agg(F.expr("bit_xor(xxhash64(file_path, record_count))").alias("fingerprint"))
        .where((F.col("day") >= F.lit(start.date())) & (F.col("day") < F.lit(end.date())))
        .collect()
    )
    return {row.day: row.fingerprint for row in rows}


def _create(spark: SparkSession, readings: DataFrame) -> None:
    columns = ", ".join(f"`{field.name}` {field.dataType.simpleString()}" for field in panes_of(readings).schema.fields)
    spark.sql(
        f"CREATE TABLE IF NOT EXISTS {_NAME} ({columns}, day date, fingerprint bigint) USING iceberg "
        f"PARTITIONED BY (day) TBLPROPERTIES ({TABLE_PROPERTIES})"
    )
