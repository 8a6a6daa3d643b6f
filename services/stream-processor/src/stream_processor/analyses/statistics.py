"""Descriptive statistics per type, and per location and type."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.inputs import Inputs

QUARTILE_ACCURACY = 10_000
"""A quartile is a value that occurs, its rank wrong by at most 1/10,000 of the readings (Greenwald and Khanna 2001)."""


def descriptive(inputs: Inputs) -> DataFrame:
    """Per type and unit; `stddev` is the sample's."""
    return _statistics(inputs.readings, "sensor_type", "unit")


def locations(inputs: Inputs) -> DataFrame:
    """Per location, type and unit."""
    return _statistics(inputs.readings, "location", "sensor_type", "unit")


def _statistics(readings: DataFrame, *keys: str) -> DataFrame:
    return (
        readings.groupBy(*keys)
        .agg(
            F.count("*").alias("readings"),
            F.count_distinct("sensor_id").alias("sensors"),
            F.avg("value").alias("mean"),
            F.stddev_samp("value").alias("stddev"),
            F.min("value").alias("min"),
            F.percentile_approx("value", [0.25, 0.5, 0.75], QUARTILE_ACCURACY).alias("quartiles"),
            F.max("value").alias("max"),
            F.count_if(F.col("detected_anomaly")).alias("anomalies"),
            F.min("event_timestamp").alias("first_reading"),
            F.max("event_timestamp").alias("last_reading"),
        )
        .select(
            "*",
            *(F.col("quartiles")[index].alias(name) for index, name in enumerate(("q1", "median", "q3"))),
            rate("anomalies", "readings").alias("anomaly_rate"),
        )
    )


def rate(part: str, whole: str) -> Column:
    """Share of `part` in `whole`, null for none."""
    return F.try_divide(F.col(part).cast("double"), F.col(whole).cast("double"))
