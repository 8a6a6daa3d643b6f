"""`iot.window_stats`: one row a window, sensor type and location. Derived from `iot.readings`.

Windows that got readings are computed anew from all readings in them and merged by key, so that doing it twice
changes nothing and a late reading corrects its window.
"""

from functools import reduce
from operator import and_

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS, WINDOW_STATS
from iot_contracts.window_stats import WINDOW_LENGTH_S
from stream_processor.table_schemas import full_name
from stream_processor.transforms.windows import aggregate_panes, combine_panes

KEY = ("window_start", "sensor_type", "location")
_SNAPSHOT_PROPERTY = "spark.sql.iceberg.snapshot-property"


def derive(spark: SparkSession, new_readings: DataFrame, properties: dict[str, str]) -> None:
    """Recompute and merge the windows that the new readings lie in."""
    touched = combine_panes(aggregate_panes(new_readings)).select(*KEY).cache()
    try:
        bounds = touched.agg(F.min("window_start").alias("first"), F.max("window_start").alias("last")).first()
        assert bounds is not None  # noqa: S101 - an aggregate without keys has one row
        spans = F.col("event_timestamp") >= F.lit(bounds["first"])
        spans &= F.col("event_timestamp") < F.lit(bounds["last"]) + F.expr(f"INTERVAL {WINDOW_LENGTH_S} SECONDS")
        readings = spark.table(full_name(READINGS)).where(spans)
        fresh = combine_panes(aggregate_panes(readings)).join(touched, list(KEY), "left_semi")
        _merge(spark, fresh.select(*(column.name for column in WINDOW_STATS.columns)), properties)
    finally:
        touched.unpersist()


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
