"""Data quality per sensor: gaps, late readings, clocks that are ahead, values that do not move."""

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.inputs import SERIES, Inputs

GAP_INTERVALS = 10.0
"""A gap is a spacing of more than so many of the sensor's median intervals, and of more than MIN_GAP_S."""
MIN_GAP_S = 60.0
LATE_S = 300.0
AHEAD_S = 5.0
MIN_STUCK_READINGS = 20
"""So many equal values in a row count as stuck."""


def quality(inputs: Inputs) -> DataFrame:
    """A row per series.

    `silent_s` sums the gaps beyond one interval, and what is missing at the end of the range; `silent_share` is its
    part of the time from the first reading to the range's end, or to the newest
    processing time when that is earlier. `stuck_share` is the part of the readings in runs of
    equal values. Values that are equal by nature (a switch) are stuck by this measure. A sensor that sent before the
    range and nothing in it has a row without readings: one gap since its last one.
    """
    facts = _spacing_facts(inputs)
    found = facts.join(_stuck_runs(inputs.steps), [*SERIES], "left").select(
        "*",
        F.try_divide("silent_s", "observed_s").alias("silent_share"),
        F.try_divide(F.col("stuck_readings").cast("double"), F.col("readings").cast("double")).alias("stuck_share"),
        ((F.col("readings") >= MIN_STUCK_READINGS) & (F.col("lowest") == F.col("highest"))).alias("is_flat"),
    )
    return found if inputs.earlier is None else found.unionByName(_silent(inputs, inputs.earlier), True)


def _silent(inputs: Inputs, earlier: DataFrame) -> DataFrame:
    """A row per sensor and type that is in `earlier` alone; one that was moved is not silent."""
    missing = earlier.join(
        inputs.panes.select("sensor_id", "sensor_type").distinct(), ["sensor_id", "sensor_type"], "anti"
    )
    newest = Window.partitionBy("sensor_id", "sensor_type").orderBy(F.desc("last_at"), "location", "unit")
    last = missing.withColumn("place", F.row_number().over(newest)).where(F.col("place") == 1)
    start_s = F.lit(inputs.range.start.timestamp())
    counts = ("readings", "late", "ahead", "longest_stuck_readings", "stuck_readings")
    return last.crossJoin(F.broadcast(_end(inputs))).select(
        *SERIES,
        *(F.lit(0).cast("bigint").alias(name) for name in counts),
        F.lit(1).cast("bigint").alias("gaps"),
        (F.col("end_s") - F.unix_micros("last_at") / 1e6).alias("longest_gap_s"),
        (F.col("end_s") - start_s).alias("silent_s"),
        F.lit(1.0).alias("silent_share"),
        *(F.lit(0.0).alias(name) for name in ("max_ahead_s", "longest_stuck_s", "stuck_share")),
        F.lit(False).alias("is_flat"),
    )


def _end(inputs: Inputs) -> DataFrame:
    """One row: `end_s`. A range may end in the future: nobody is silent for what has not been processed yet."""
    processed_s = F.unix_micros(F.max("processed")) / 1e6
    return inputs.panes.agg(F.least(F.lit(inputs.range.end.timestamp()), processed_s).alias("end_s"))


def _spacing_facts(inputs: Inputs) -> DataFrame:
    steps = inputs.steps
    interval = F.percentile_approx("spacing_s", 0.5, 10_000).alias("interval_s")
    intervals = steps.groupBy(*SERIES).agg(interval)
    ahead = (F.unix_micros("event_timestamp") - F.unix_micros("processing_time")) / 1e6
    spacing, median = F.col("spacing_s"), F.col("interval_s")
    is_gap = (spacing > GAP_INTERVALS * median) & (spacing > MIN_GAP_S)
    first, last = F.min(F.unix_micros("event_timestamp")) / 1e6, F.max(F.unix_micros("event_timestamp")) / 1e6
    facts = (
        steps.join(F.broadcast(intervals), [*SERIES])
        .crossJoin(F.broadcast(_end(inputs)))
        .groupBy(*SERIES)
        .agg(
            F.count("*").alias("readings"),
            F.first("interval_s").alias("interval_s"),
            F.count_if(is_gap).alias("inner_gaps"),
            F.max(F.when(is_gap, spacing)).alias("inner_longest"),
            F.coalesce(F.sum(F.when(is_gap, spacing - median)), F.lit(0.0)).alias("inner_silent"),
            F.greatest(F.first("end_s") - last, F.lit(0.0)).alias("tail_s"),
            (F.first("end_s") - first).alias("observed_s"),
            F.count_if(ahead < -LATE_S).alias("late"),
            F.count_if(ahead > AHEAD_S).alias("ahead"),
            F.greatest(F.max(ahead), F.lit(0.0)).alias("max_ahead_s"),
            F.min("value").alias("lowest"),
            F.max("value").alias("highest"),
        )
    )
    tail_is_gap = (F.col("tail_s") > GAP_INTERVALS * median) & (F.col("tail_s") > MIN_GAP_S)
    return facts.select(
        "*",
        (F.col("inner_gaps") + F.when(tail_is_gap, 1).otherwise(0)).alias("gaps"),
        F.greatest(F.coalesce("inner_longest", F.lit(0.0)), F.when(tail_is_gap, F.col("tail_s"))).alias(
            "longest_gap_s"
        ),
        (F.col("inner_silent") + F.when(tail_is_gap, F.col("tail_s") - median).otherwise(0.0)).alias("silent_s"),
    )


def _stuck_runs(steps: DataFrame) -> DataFrame:
    time_s = F.unix_micros("event_timestamp") / 1e6
    runs = steps.groupBy(*SERIES, "value_run").agg(
        F.count("*").alias("run"), (F.max(time_s) - F.min(time_s)).alias("run_s")
    )
    is_stuck = F.col("run") >= MIN_STUCK_READINGS
    return runs.groupBy(*SERIES).agg(
        F.max("run").alias("longest_stuck_readings"),
        F.max_by("run_s", "run").alias("longest_stuck_s"),
        F.coalesce(F.sum(F.when(is_stuck, F.col("run"))), F.lit(0)).alias("stuck_readings"),
    )
