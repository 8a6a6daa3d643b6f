"""Partial aggregates of the sliding windows."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.window_stats import WINDOW_LENGTH_S, WINDOW_SLIDE_S
from stream_processor.windows.running_windows import SUM_UNIT

PANES_PER_WINDOW = WINDOW_LENGTH_S // WINDOW_SLIDE_S
"""A window is cut into panes as long as its slide; neighbouring windows share all but one of them
(Li et al., "No pane, no gain", SIGMOD Record 34(1), 2005)."""
PANE_STATS = ("readings", "value_sum", "value_min", "value_max", "anomalies")


def pane_start() -> Column:
    """Start of the pane that `event_timestamp` lies in, in whole seconds since the epoch."""
    slide = F.lit(WINDOW_SLIDE_S)
    return (F.floor(F.unix_micros("event_timestamp") / (slide * F.lit(1_000_000))) * slide).cast("long")


def pane_stats() -> tuple[Column, ...]:
    """The aggregates of a pane; those of a window follow from those of its panes."""
    return (
        F.count("value").alias("readings"),
        F.sum(F.col("value") / F.lit(SUM_UNIT)).alias("value_sum"),
        F.min("value").alias("value_min"),
        F.max("value").alias("value_max"),
        F.count_if("detected_anomaly").alias("anomalies"),
    )


def aggregate_panes(readings: DataFrame) -> DataFrame:
    """One row per pane, sensor type and location.

    In: `event_timestamp`, `sensor_type`, `location`, `value`, `detected_anomaly`.
    Out: `pane_start`, `sensor_type`, `location` and the columns of PANE_STATS. No state.
    """
    return readings.groupBy(pane_start().alias("pane_start"), "sensor_type", "location").agg(*pane_stats())


def combine_panes(panes: DataFrame) -> DataFrame:
    """From panes to the windows they are part of, as rows of `iot.window_stats`.

    In: the columns of `aggregate_panes`, complete for the windows that matter. Out: the table's columns.
    """
    starts = F.array(*(F.col("pane_start") - F.lit(i * WINDOW_SLIDE_S) for i in range(PANES_PER_WINDOW)))
    per_window = panes.withColumn("start_s", F.explode(starts))
    return (
        per_window.groupBy("start_s", "sensor_type", "location")
        .agg(
            F.sum("readings").alias("count"),
            (F.sum("value_sum") / F.sum("readings") * F.lit(SUM_UNIT)).alias("avg"),
            F.min("value_min").alias("min"),
            F.max("value_max").alias("max"),
            F.sum("anomalies").alias("anomaly_count"),
        )
        .select(
            F.timestamp_seconds("start_s").alias("window_start"),
            F.timestamp_seconds(F.col("start_s") + F.lit(WINDOW_LENGTH_S)).alias("window_end"),
            "sensor_type",
            "location",
            "count",
            "avg",
            "min",
            "max",
            "anomaly_count",
        )
    )
