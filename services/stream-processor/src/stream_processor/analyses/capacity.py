"""Capacity: how much a day brings, and when the disk is full."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.inputs import Inputs

GROWTH_DAYS = 7


def capacity(inputs: Inputs) -> DataFrame:
    """A row per day of event time. `bytes_per_day` is the median of the newest 7 days before the last, incomplete one.

    Bytes are those of the table's files, once; HDFS stores each as often as its replication says.
    """
    day = F.timestamp_seconds("start_s").cast("date").alias("day")
    readings = inputs.panes.groupBy(day).agg(F.sum("readings").alias("readings"))
    sizes = inputs.file_sizes.groupBy("day").agg(F.sum("bytes").alias("bytes"))
    days = readings.join(sizes, "day", "left").withColumn("bytes", F.coalesce("bytes", F.lit(0)))
    newest = days.orderBy(F.desc("day")).limit(GROWTH_DAYS + 1)
    last = newest.agg(F.max("day").alias("last"), F.count("*").alias("days"))
    complete = newest.crossJoin(last).where((F.col("day") < F.col("last")) | (F.col("days") == 1))
    growth = complete.agg(F.median("bytes").cast("double").alias("bytes_per_day"))
    free = F.lit(inputs.free_bytes).cast("bigint")
    return days.crossJoin(F.broadcast(growth)).select(
        "*",
        F.try_divide(F.col("bytes").cast("double"), F.col("readings").cast("double")).alias("bytes_per_reading"),
        free.alias("free_bytes"),
        F.try_divide(free.cast("double"), F.col("bytes_per_day")).alias("days_until_full"),
    )
