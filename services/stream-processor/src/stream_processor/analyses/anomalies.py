"""Anomalies: how often by type, location, hour and reason; found against labelled; the longest episodes."""

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.inputs import Inputs
from stream_processor.analyses.statistics import rate

MAX_EPISODES = 100
# Reasons are sentences with the figures of one reading; without those they are kinds of reasons.
_FIGURE = r"(?<!\w)-?\d+(\.\d+)?(E-?\d+)?"
_COUNTS = ("readings", "anomalies", "labelled", "true_positives", "false_positives", "false_negatives")


def anomalies(inputs: Inputs) -> DataFrame:
    """A row per dimension and key. `rate` of a reason is its share of all anomalies, otherwise of the readings.

    The confusion matrix counts readings whose sender gave its ground truth (`labelled`).
    """
    dimensions: dict[str, Column] = {
        "all": F.lit("all"),
        "type": F.col("sensor_type"),
        "location": F.col("location"),
        "hour": F.format_string("%02d", hour_of_day()),
    }
    parts = [_by(inputs.panes, dimension, key) for dimension, key in dimensions.items()]
    return reduce(DataFrame.unionByName, [*parts, _by_reason(inputs.readings)])


def hour_of_day() -> Column:
    """Hour in UTC of a pane."""
    return (F.floor(F.col("start_s") / 3600) % 24).cast("int")


def _by(panes: DataFrame, dimension: str, key: Column) -> DataFrame:
    counts = panes.groupBy(key.alias("key")).agg(*(F.sum(name).alias(name) for name in _COUNTS))
    positives = F.col("true_positives") + F.col("false_positives") + F.col("false_negatives")
    return counts.select(
        F.lit(dimension).alias("dimension"),
        "*",
        rate("anomalies", "readings").alias("rate"),
        (F.col("labelled") - positives).alias("true_negatives"),
    )


def _by_reason(readings: DataFrame) -> DataFrame:
    found = readings.where("detected_anomaly")
    reasons = found.groupBy(
        F.coalesce(F.regexp_replace("anomaly_reason", _FIGURE, "…"), F.lit("unknown")).alias("key")
    ).agg(
        F.count("*").alias("readings"),
        F.count("is_anomaly").alias("labelled"),
        F.count_if("is_anomaly").alias("true_positives"),
        F.count_if(~F.col("is_anomaly")).alias("false_positives"),
    )
    total = found.agg(F.count("*").alias("total"))
    return reasons.crossJoin(F.broadcast(total)).select(
        F.lit("reason").alias("dimension"),
        "key",
        "readings",
        F.col("readings").alias("anomalies"),
        rate("readings", "total").alias("rate"),
        "labelled",
        "true_positives",
        "false_positives",
        F.lit(None).cast("bigint").alias("false_negatives"),
        F.lit(None).cast("bigint").alias("true_negatives"),
    )


def episodes(inputs: Inputs) -> DataFrame:
    """The longest runs of consecutive anomalous readings of a series; one reading alone lasts 0 s."""
    lasted = F.unix_micros("ended") - F.unix_micros("started")
    runs = (
        inputs.steps.where("detected_anomaly")
        .groupBy("sensor_id", "sensor_type", "location", "unit", "verdict_run")
        .agg(
            F.min("event_timestamp").alias("started"),
            F.max("event_timestamp").alias("ended"),
            F.count("*").alias("readings"),
            F.max("anomaly_score").alias("max_score"),
            F.max_by("anomaly_reason", "anomaly_score").alias("reason"),
        )
    )
    ties = (F.col(name) for name in ("started", "sensor_id", "sensor_type", "location"))
    return (
        runs.withColumn("duration_s", lasted / 1e6)
        .orderBy(F.desc("duration_s"), F.desc("readings"), *ties)
        .limit(MAX_EPISODES)
    )
