"""`iot.window_stats`: one row a window, sensor type and location. Derived from `iot.readings`.

Windows that got readings are computed anew from all readings in them and merged by key, so that doing it twice
changes nothing and a late reading corrects its window.
"""

from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS, WINDOW_STATS
from iot_contracts.window_stats import WINDOW_LENGTH_S
from stream_processor.tables.catalog import append
from stream_processor.tables.schemas import full_name
from stream_processor.windows.panes import aggregate_panes, combine_panes

KEY = ("window_start", "sensor_type", "location")
_SNAPSHOT_PROPERTY = "spark.sql.iceberg.snapshot-property"


def derive(spark: SparkSession, new_readings: DataFrame, properties: dict[str, str]) -> None:
    """Recompute and merge the windows that the new readings lie in. Without any, only the committed offsets move."""
    touched = combine_panes(aggregate_panes(new_readings)).select(*KEY).cache()
    try:
        # Seconds, not datetimes: Python would take them for local time, of which an hour in autumn comes twice.
        start_s = F.unix_seconds("window_start")
        bounds = touched.agg(F.min(start_s).alias("first_s"), F.max(start_s).alias("last_s")).first()
        if bounds is None or bounds["first_s"] is None:
            append(spark.table(full_name(WINDOW_STATS)).limit(0), WINDOW_STATS, properties)
            return
        span = spark.table(full_name(READINGS)).where(_within(bounds["first_s"], bounds["last_s"] + WINDOW_LENGTH_S))
        fresh = combine_panes(aggregate_panes(span)).join(touched, list(KEY), "left_semi")
        _merge(spark, fresh.select(*(column.name for column in WINDOW_STATS.columns)), properties)
    finally:
        touched.unpersist()


def _within(first_s: int, end_s: int) -> Column:
    """Whether a reading's event time lies in `[first_s, end_s)`, seconds since the epoch."""
    time = F.col("event_timestamp")
    return (time >= F.timestamp_seconds(F.lit(first_s))) & (time < F.timestamp_seconds(F.lit(end_s)))


def _merge(spark: SparkSession, fresh: DataFrame, properties: dict[str, str]) -> None:
    target = full_name(WINDOW_STATS)
    same = reduce(and_, (F.col(f"fresh.{name}") == F.col(f"{target}.{name}") for name in KEY))
    # A merge takes no write options; Iceberg reads these from the session instead.
    for key, value in properties.items():
        spark.conf.set(f"{_SNAPSHOT_PROPERTY}.{key}", value)
    try:
        fresh.alias("fresh").mergeInto(target, same).whenMatched().updateAll().whenNotMatched().insertAll().merge()
    finally:
        for key in properties:
            spark.conf.unset(f"{_SNAPSHOT_PROPERTY}.{key}")
