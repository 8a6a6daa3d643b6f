"""Patterns: correlations between the types of a location with lags, profiles by hour and weekday."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.anomalies import hour_of_day
from stream_processor.analyses.inputs import PANE_SECONDS, Inputs
from stream_processor.analyses.statistics import rate

MAX_LAG_MINUTES = 60
MIN_BUCKETS = 12
_TYPE = ("sensor_type", "unit")


def correlations(inputs: Inputs) -> DataFrame:
    """Pearson's correlation of ten-minute means of two types in one location.

    With a lag of 20 minutes, `type_a` at a time is compared with `type_b` 20 minutes later. `is_strongest` marks the
    lag of the largest absolute correlation of a pair. Fewer than 12 common buckets give no row.
    """
    means = (
        inputs.panes.groupBy(
            "location", "sensor_type", (F.col("start_s") / PANE_SECONDS).cast("bigint").alias("bucket")
        )
        .agg(F.sum("total").alias("total"), F.sum("readings").alias("readings"))
        .select("location", "sensor_type", "bucket", rate("total", "readings").alias("mean"))
    )
    steps = MAX_LAG_MINUTES * 60 // PANE_SECONDS
    lags = F.explode(F.sequence(F.lit(-steps), F.lit(steps))).alias("lag")
    first = means.select("location", F.col("sensor_type").alias("type_a"), "bucket", F.col("mean").alias("a"), lags)
    first = first.withColumn("bucket", F.col("bucket") + F.col("lag"))
    second = means.select("location", F.col("sensor_type").alias("type_b"), "bucket", F.col("mean").alias("b"))
    pairs = (
        first.join(second, ["location", "bucket"])
        .where("type_a < type_b")
        .groupBy("location", "type_a", "type_b", (F.col("lag") * (PANE_SECONDS // 60)).cast("int").alias("lag_minutes"))
        .agg(F.corr("a", "b").alias("correlation"), F.count("*").alias("buckets"))
        .where((F.col("buckets") >= MIN_BUCKETS) & F.col("correlation").isNotNull())
    )
    strongest = Window.partitionBy("location", "type_a", "type_b").orderBy(
        F.desc(F.abs("correlation")), F.abs("lag_minutes"), "lag_minutes"
    )
    return pairs.withColumn("is_strongest", F.row_number().over(strongest) == 1)


def profiles(inputs: Inputs) -> DataFrame:
    """Per type: hours 0 to 23 in UTC, and weekdays 1 (Monday) to 7."""
    # 1970-01-01, day 0, was a Thursday.
    weekday = ((F.floor(F.col("start_s") / 86_400) + 3) % 7 + 1).cast("int")
    return _profile(inputs.panes, "hour", hour_of_day()).unionByName(_profile(inputs.panes, "weekday", weekday))


def _profile(panes: DataFrame, dimension: str, position: Column) -> DataFrame:
    return (
        panes.groupBy(*_TYPE, position.alias("position"))
        .agg(
            F.sum("readings").alias("readings"),
            F.sum("total").alias("total"),
            F.min("min").alias("min"),
            F.max("max").alias("max"),
            F.sum("anomalies").alias("anomalies"),
        )
        .select(
            "*",
            F.lit(dimension).alias("dimension"),
            rate("total", "readings").alias("mean"),
            rate("anomalies", "readings").alias("anomaly_rate"),
        )
    )
