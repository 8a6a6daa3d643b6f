"""`iot.readings_1m` and `iot.readings_1h`: partial figures of each series and location. Derived from `iot.readings`."""

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import Table
from stream_processor.tables.catalog import append

_SERIES = ("sensor_id", "sensor_type", "location", "unit")


def derive_into(table: Table, width_s: int) -> Callable[[SparkSession, DataFrame, dict[str, str]], None]:
    """What appends the readings that came since the last derivation to `table`, in buckets of `width_s` seconds."""

    def derive(_spark: SparkSession, new_readings: DataFrame, properties: dict[str, str]) -> None:
        rows = partial_rows(new_readings, width_s).select(*(column.name for column in table.columns))
        append(rows.coalesce(1).sortWithinPartitions("sensor_id", "bucket_start"), table, properties)

    return derive


def partial_rows(readings: DataFrame, width_s: int) -> DataFrame:
    """One row per bucket of event time, series and location.

    In: the columns of `iot.readings`. Out: the columns of a rollup table. No state: what these readings are, alone.
    """
    at, value = F.col("event_timestamp"), F.col("value")
    battery_at = F.when(F.col("battery_level").isNotNull(), at)
    return readings.groupBy(_bucket(width_s).alias("bucket_start"), *_SERIES).agg(
        F.count("*").alias("readings"),
        F.avg(value).alias("mean"),
        (F.var_pop(value) * F.count("*")).alias("m2"),
        F.min(value).alias("min"),
        F.max(value).alias("max"),
        F.count_if("detected_anomaly").alias("anomalies"),
        F.min(at).alias("first_at"),
        F.min_by(value, at).alias("first_value"),
        F.max(at).alias("last_at"),
        F.max_by(value, at).alias("last_value"),
        F.max_by("battery_level", battery_at).alias("battery_level"),
        F.max(battery_at).alias("battery_at"),
    )


def _bucket(width_s: int) -> Column:
    """Start of the bucket, counted from the epoch, also before it."""
    micros, width = F.unix_micros("event_timestamp"), F.lit(width_s * 1_000_000)
    return F.timestamp_micros(micros - F.pmod(micros, width))
