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
FAR_HOURS = 24


def battery(inputs: Inputs) -> DataFrame:
    """A row per sensor that reports a battery.

    Least squares over hourly means since the last replacement: `percent_per_day` is the slope, and `empty_at` is where
    the line reaches 0 %. Hours that follow each other deviate from the line alike, so that they tell less than as many
    independent ones: `stderr_per_day` is the slope's standard error times the root of `inflation`, the sum of
    the deviations' correlations at all distances. Earliest and latest
    bound the 95 % interval of `_crossings`.
    """
    fit = (
        _deviations(_since_replacement(_hourly(inputs.panes)))
        .groupBy("sensor_id")
        .agg(
            F.max_by("location", "day").alias("location"),
            F.count("*").alias("hours"),
            F.max_by("last_level", "day").alias("level"),
            F.max("measured_at").alias("measured_at"),
            F.first("slope").alias("slope"),
            F.avg("day").alias("mean_day"),
            F.avg("level").alias("mean_level"),
            F.regr_sxx("level", "day").alias("sxx"),
            F.sum(F.col("deviation") * F.col("deviation")).alias("residual"),
            F.sum(F.col("deviation") * F.col("hour_before")).alias("lagged"),
            F.sum(F.col("deviation") * F.col("day_before")).alias("far_lagged"),
            F.max("day").alias("last_day"),
        )
    )
    fitted = (
        fit.withColumn("slow_share", _slow_share())
        .withColumn("correlation", _correlation())
        .withColumn("true_correlation", _true_correlation())
        .withColumn("inflation", 1 + 2 * F.col("slow_share") / (1 - F.col("true_correlation")))
        .withColumn("variance", F.when(F.col("hours") > 2, F.try_divide(F.col("residual"), F.col("hours") - 2)))
        .withColumn("stderr_per_day", F.sqrt(F.col("inflation") * F.try_divide("variance", "sxx")))
        .withColumn("z", _quantile())
    )
    is_told = (F.col("hours") >= MIN_HOURS) & (-F.col("slope") > MIN_T * F.col("stderr_per_day"))
    earliest, latest = _crossings()
    return fitted.select(
        "sensor_id",
        "location",
        "level",
        "measured_at",
        _state().alias("state"),
        "hours",
        F.when(F.col("hours") >= MIN_HOURS, -F.col("slope")).alias("percent_per_day"),
        "stderr_per_day",
        F.when(is_told, _time_of(_crossing())).alias("empty_at"),
        F.when(is_told, _time_of(F.greatest(earliest, F.col("last_day")))).alias("empty_earliest"),
        F.when(is_told, _time_of(latest)).alias("empty_latest"),
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


def _deviations(hours: DataFrame) -> DataFrame:
    """Each hour with how far it is from its sensor's line, and how far it was an hour and a day and an hour before."""
    of_sensor = Window.partitionBy("sensor_id")
    fitted = hours.select(
        "*",
        F.regr_slope("level", "day").over(of_sensor).alias("slope"),
        (F.col("level") - F.avg("level").over(of_sensor)).alias("above"),
        (F.col("day") - F.avg("day").over(of_sensor)).alias("later"),
    ).withColumn("deviation", F.col("above") - F.col("slope") * F.col("later"))
    order = of_sensor.orderBy("hour")

    def before(hours: int) -> Column:
        is_so_long = F.col("hour") - F.lag("hour", hours).over(order) == hours
        return F.when(is_so_long, F.lag("deviation", hours).over(order))

    return fitted.withColumns({"hour_before": before(1), "day_before": before(1 + FAR_HOURS)})


def _slow_share() -> Column:
    """The part of the deviations' variance that is still there an hour later; what is not was measured wrongly.

    None of it, where it could be chance.
    """
    share = F.try_divide("lagged", "residual")
    return F.when(share > 2 / F.sqrt("hours"), share).otherwise(0.0)


def _correlation() -> Column:
    """How much an hour's slow deviation is the next one's: by how much less is left of it after a day."""
    left = F.try_divide("far_lagged", "lagged")
    by_day = F.when(left > 0, F.pow(left, 1 / FAR_HOURS))
    return F.when(F.col("slow_share") > 0, F.greatest("slow_share", by_day)).otherwise(0.0)


def _true_correlation() -> Column:
    """The correlation of an hour's deviation with the next one's, as it is without the fit.

    A fitted line takes the slow part out of the deviations: the estimate is too low by some 2/n, up to 10/n for a
    random walk (Fuller, Introduction to Statistical Time Series, 10.1). The bound is that of a random walk: the slope's
    variance is then 6/5 of the steps' over n.
    """
    n, found = F.col("hours"), F.col("correlation")
    return F.least(found + (2 + 8 * found * found) / n, 1 - 4 / (3 * n))


def _quantile() -> Column:
    """Student's 97.5 % quantile (Abramowitz and Stegun, 26.7.5, shortened) for as many degrees as there are hours that
    tell something new."""
    degrees = F.greatest(F.col("hours") / F.col("inflation") - 2, F.lit(2.0))
    return 1.96 + 2.37 / degrees + 2.8 / (degrees * degrees)


def _crossing() -> Column:
    return F.greatest(F.col("mean_day") - F.try_divide("mean_level", "slope"), F.col("last_day"))


def _crossings() -> tuple[Column, Column]:
    """Days between which the level reaches 0 %, by Fieller's theorem: where 0 is within `z` deviations of the line.

    The variance around the line is that of its mean, of its slope, and of what the level will deviate by until then, as
    a first-order autoregression.
    """
    z, slope, correlation = F.col("z"), F.col("slope"), F.col("true_correlation")
    of_slope = F.pow(F.col("stderr_per_day"), 2)
    of_mean = F.col("inflation") * F.col("variance") / F.col("hours")
    ahead_h = (_crossing() - F.col("last_day")) * 24
    slow = F.coalesce(F.try_divide("slow_share", "correlation"), F.lit(0.0)) * F.col("variance")
    of_step = slow * (1 - F.pow(F.col("correlation"), 2))
    to_come = of_step * (1 - F.pow(correlation, 2 * ahead_h)) / (1 - correlation * correlation)
    squared = slope * slope - z * z * of_slope
    linear = F.col("mean_level") * slope
    constant = F.pow(F.col("mean_level"), 2) - z * z * (of_mean + to_come)
    root = F.sqrt(F.greatest(linear * linear - squared * constant, F.lit(0.0)))
    return (
        F.col("mean_day") + F.try_divide(-linear - root, squared),
        F.col("mean_day") + F.try_divide(-linear + root, squared),
    )


def _time_of(day: Column) -> Column:
    """A day since the epoch as a time, when it is not too far ahead."""
    is_near = (day - F.col("last_day")).between(0.0, MAX_DAYS)
    return F.when(is_near, F.timestamp_micros((day * 86_400e6).cast("bigint")))
