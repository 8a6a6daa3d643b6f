"""Which sensors send most, and which need somebody to look: a score with its parts."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from stream_processor.analyses.inputs import Inputs
from stream_processor.analyses.quality import quality
from stream_processor.analyses.statistics import rate

# A part is full when its share reaches `full_at`.
ANOMALY_WEIGHT, ANOMALY_FULL_AT = 40.0, 0.10
SILENCE_WEIGHT, SILENCE_FULL_AT = 30.0, 0.20
STUCK_WEIGHT, STUCK_FULL_AT = 30.0, 0.20
SMALLEST_FLEET = 5
"""With fewer series there is nothing to compare a rate of anomalies with; it counts as it is."""
PROBLEM_SCORE = 10.0
"""A sensor at or above it is a problem: a quarter of the readings that fill the anomalies' part, or a third of
those that fill one of the others'."""


def sensors(inputs: Inputs) -> DataFrame:
    """A row per sensor, type and location; `score` is 0 to 100 and the sum of its parts."""
    keys = ["sensor_id", "sensor_type", "location"]
    activity = (
        inputs.panes.groupBy(*keys, "unit")
        .agg(F.sum("readings").alias("readings"), F.sum("anomalies").alias("anomalies"))
        .withColumn("anomaly_rate", rate("anomalies", "readings"))
    )
    shares = quality(inputs).select(*keys, "unit", "silent_share", "stuck_share")
    # A sensor that is silent for the whole range is in none of its panes.
    seen = shares.join(activity, [*keys, "unit"], "left").fillna(0, ["readings", "anomalies", "anomaly_rate"])
    scored = seen.select(
        "*",
        _part(_unusual_rate(), ANOMALY_WEIGHT, ANOMALY_FULL_AT).alias("anomaly_part"),
        _part(F.col("silent_share"), SILENCE_WEIGHT, SILENCE_FULL_AT).alias("silence_part"),
        _part(F.col("stuck_share"), STUCK_WEIGHT, STUCK_FULL_AT).alias("stuck_part"),
    )
    score = F.col("anomaly_part") + F.col("silence_part") + F.col("stuck_part")
    by_activity = Window.orderBy(F.desc("readings"), *keys, "unit")
    return scored.select(
        "*",
        score.alias("score"),
        (score >= PROBLEM_SCORE).alias("is_problem"),
        F.row_number().over(by_activity).alias("activity_rank"),
    )


def _unusual_rate() -> Column:
    """The rate of anomalies beyond twice the fleet's median: what all sensors have is no sensor's problem."""
    fleet = Window.partitionBy()
    typical = F.percentile_approx("anomaly_rate", 0.5).over(fleet)
    beyond = F.greatest(F.col("anomaly_rate") - 2 * typical, F.lit(0.0))
    return F.when(F.count(F.lit(1)).over(fleet) >= SMALLEST_FLEET, beyond).otherwise(F.col("anomaly_rate"))


def _part(share: Column, weight: float, full_at: float) -> Column:
    return F.least(F.coalesce(share, F.lit(0.0)) / full_at, F.lit(1.0)) * weight
