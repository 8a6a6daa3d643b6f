"""Batteries: their state, how fast they discharge, and when they will be empty."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.alerts import CRITICAL_BATTERY_PERCENT, LOW_BATTERY_PERCENT
from stream_processor.analyses.inputs import Inputs

REPLACED_RISE_PERCENT = 10.0
"""A rise from one hour to the next by more than this means that the battery was charged or replaced."""
MIN_HOURS = 12
"""A discharge rate needs hourly means of at least so many hours."""
MIN_T = 4.0
"""A rate below so many standard errors is not told from zero: no date is predicted."""
MAX_DAYS = 3650.0
CONFIDENCE_Z = 1.96


def battery(inputs: Inputs) -> DataFrame:
    """A row per sensor that reports a battery.

    Least squares over hourly means since the last replacement: `percent_per_day` is the slope, `stderr_per_day` its
    standard error (Draper and Smith, Applied Regression Analysis, 1.4). `empty_at` is where the line reaches 0 %;
    earliest and latest are where lines with the slope plus and minus 1.96 standard errors do.
    """
    hours = _since_replacement(_hourly(inputs.panes))
    fit = hours.groupBy("sensor_id").agg(
        F.max_by("location", "day").alias("location"),
        F.count("*").alias("hours"),
        F.max_by("last_level", "day").alias("level"),
        F.max("measured_at").alias("measured_at"),
        F.regr_slope("level", "day").alias("slope"),
        F.regr_intercept("level", "day").alias("intercept"),
        F.regr_sxx("level", "day").alias("sxx"),
        F.regr_syy("level", "day").alias("syy"),
        F.regr_sxy("level", "day").alias("sxy"),
        F.max("day").alias("last_day"),
    )
    residual = F.greatest(F.col("syy") - F.try_divide(F.col("sxy") * F.col("sxy"), F.col("sxx")), F.lit(0.0))
    error = F.when(F.col("hours") > 2, F.sqrt(F.try_divide(residual / (F.col("hours") - 2), F.col("sxx"))))
    fitted = fit.withColumn("stderr_per_day", error)
    is_told = (F.col("hours") >= MIN_HOURS) & (-F.col("slope") > MIN_T * F.col("stderr_per_day"))
    return fitted.select(
        "sensor_id",
        "location",
        "level",
        "measured_at",
        _state().alias("state"),
        "hours",
        F.when(F.col("hours") >= MIN_HOURS, -F.col("slope")).alias("percent_per_day"),
        "stderr_per_day",
        F.when(is_told, _empty(0.0)).alias("empty_at"),
        F.when(is_told, _empty(CONFIDENCE_Z)).alias("empty_earliest"),
        F.when(is_told, _empty(-CONFIDENCE_Z)).alias("empty_latest"),
    )


def _hourly(panes: DataFrame) -> DataFrame:
    hour = F.floor(F.col("start_s") / 3600).alias("hour")
    return (
        panes.where(F.col("battery").isNotNull())
        .groupBy("sensor_id", hour)
        .agg(
            F.max_by("location", "last_reading").alias("location"),
            F.avg("battery").alias("level"),
            F.max_by("last_battery", "last_reading").alias("last_level"),
            F.max("last_reading").alias("measured_at"),
        )
        .withColumn("day", (F.col("hour") + 0.5) / 24)
    )


def _since_replacement(hours: DataFrame) -> DataFrame:
    order = Window.partitionBy("sensor_id").orderBy("hour")
    rise = F.col("level") - F.lag("level").over(order)
    # The hour of the rise has both batteries in its mean; the new one's readings alone begin with the next hour.
    replaced = F.when(rise > REPLACED_RISE_PERCENT, F.col("hour"))
    of_sensor = Window.partitionBy("sensor_id")
    marked = hours.select(
        "*", F.max(replaced).over(of_sensor).alias("replaced"), F.max("hour").over(of_sensor).alias("newest")
    )
    # The newest hour stays in any case: the sensor has a level, if no rate yet.
    is_kept = F.col("replaced").isNull() | (F.col("hour") > F.col("replaced")) | (F.col("hour") == F.col("newest"))
    return marked.where(is_kept)


def _state() -> Column:
    level = F.col("level")
    low = F.when(level < LOW_BATTERY_PERCENT, "low").otherwise("ok")
    return F.when(level < CRITICAL_BATTERY_PERCENT, "critical").otherwise(low)


def _empty(errors: float) -> Column:
    """When the line through the last fitted level, its slope steeper by so many standard errors, reaches 0 %."""
    last_level = F.col("intercept") + F.col("slope") * F.col("last_day")
    days = F.try_divide(F.greatest(last_level, F.lit(0.0)), errors * F.col("stderr_per_day") - F.col("slope"))
    at = F.col("last_day") + days
    return F.when(days.between(0.0, MAX_DAYS), F.timestamp_micros((at * 86_400e6).cast("bigint")))
