"""What the analyses share: the readings of a range, ten-minute panes of each sensor, and each reading's predecessor.

Panes and steps are computed once a run; most analyses start from them and not from the readings.
"""

from dataclasses import dataclass
from datetime import datetime

from pyspark import StorageLevel
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

PANE_SECONDS = 600
SERIES = ("sensor_id", "sensor_type", "location", "unit")
COLUMNS = (
    *SERIES,
    "value",
    "is_anomaly",
    "battery_level",
    "event_timestamp",
    "processing_time",
    "detected_anomaly",
    "anomaly_score",
    "anomaly_reason",
)


@dataclass(frozen=True)
class Range:
    """Event time from `start` (inclusive) to `end` (exclusive), both with a time zone."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return (self.end - self.start).total_seconds()

    @property
    def folder(self) -> str:
        """Name of the folder of its results: the day, or both bounds when it is not one day in UTC."""
        is_day = self.seconds == 86_400 and self.start.strftime("%H%M%S") == "000000"
        return f"{self.start:%Y-%m-%d}" if is_day else f"{self.start:%Y%m%dT%H%M%SZ}_{self.end:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True)
class Inputs:
    """DataFrames that the analyses read, and the disk's figures that they can't see in them."""

    range: Range
    readings: DataFrame
    panes: DataFrame
    steps: DataFrame
    file_sizes: DataFrame
    """Columns `day` (date) and `bytes` of the table's files."""
    free_bytes: int
    earlier: DataFrame | None = None
    """Series that sent before the range: the columns `SERIES` and `last_at`. None when nobody looked."""


def readings_of(table: DataFrame, range_: Range) -> DataFrame:
    """The columns and rows that a run reads."""
    time = F.col("event_timestamp")
    return table.where((time >= F.lit(range_.start)) & (time < F.lit(range_.end))).select(*COLUMNS)


def prepare(
    readings: DataFrame,
    range_: Range,
    file_sizes: DataFrame,
    free_bytes: int,
    panes: DataFrame | None = None,
    earlier: DataFrame | None = None,
) -> Inputs:
    """Panes (unless given) and steps over `readings`; panes are kept, in memory or on disk, until `release`."""
    kept = (panes_of(readings) if panes is None else panes).persist(StorageLevel.MEMORY_AND_DISK)
    return Inputs(range_, readings, kept, steps_of(readings), file_sizes, free_bytes, earlier)


def release(inputs: Inputs) -> None:
    """Free what `prepare` kept."""
    inputs.panes.unpersist()


def panes_of(readings: DataFrame) -> DataFrame:
    """Sums of ten minutes of each series; `start_s` is seconds since the epoch."""
    start = (F.floor(F.unix_micros("event_timestamp") / (PANE_SECONDS * 1_000_000)) * PANE_SECONDS).alias("start_s")
    label, detected = F.col("is_anomaly"), F.col("detected_anomaly")
    return readings.groupBy(*SERIES, start).agg(
        F.count("*").alias("readings"),
        F.sum("value").alias("total"),
        F.min("value").alias("min"),
        F.max("value").alias("max"),
        F.count_if(detected).alias("anomalies"),
        F.count("is_anomaly").alias("labelled"),
        F.count_if(label & detected).alias("true_positives"),
        F.count_if(~label & detected).alias("false_positives"),
        F.count_if(label & ~detected).alias("false_negatives"),
        F.avg("battery_level").alias("battery"),
        F.max_by("battery_level", "event_timestamp").alias("last_battery"),
        F.max("event_timestamp").alias("last_reading"),
        F.max("processing_time").alias("processed"),
    )


def steps_of(readings: DataFrame) -> DataFrame:
    """Each reading with the time since its predecessor (seconds), and runs of equal values and of equal verdicts."""
    order = Window.partitionBy(*SERIES).orderBy("event_timestamp", "processing_time")
    same_value = F.col("value") == F.lag("value").over(order)
    same_verdict = F.col("detected_anomaly") == F.lag("detected_anomaly").over(order)
    time_s = F.unix_micros("event_timestamp") / 1e6
    steps = readings.select(
        "*",
        (time_s - F.lag(time_s).over(order)).alias("spacing_s"),
        F.when(same_value, 0).otherwise(1).alias("new_value"),
        F.when(same_verdict, 0).otherwise(1).alias("new_verdict"),
    )
    so_far = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return steps.select(
        "*",
        F.sum("new_value").over(so_far).alias("value_run"),
        F.sum("new_verdict").over(so_far).alias("verdict_run"),
    )
