"""The range check: a value outside its type's normal range is an anomaly.

The score is the distance from the range in units of the range's width, so that it means the same for
every type. A type that is not in the catalogue, or a reading in another unit, has no range and no anomaly.
The sender's own `is_anomaly` plays no part.
"""

import sys

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.alerts import Severity
from iot_contracts.sensor_types import SensorType

HIGH_SCORE = 0.5
"""Half the width of the normal range outside of it, or more: severity high."""
MEDIUM_SCORE = 0.1
"""A tenth of the width, or more: severity medium; anything less is low."""


def detect(rows: DataFrame, catalogue: tuple[SensorType, ...]) -> DataFrame:
    """Add `detected_anomaly`, `anomaly_score` (0 inside the range) and `anomaly_reason` (null inside).

    In: `sensor_type`, `unit`, `value`. No state.
    """
    low, high = _limit(catalogue, "normal_min"), _limit(catalogue, "normal_max")
    return (
        rows.withColumns({"_low": low, "_high": high})
        .withColumn("anomaly_score", F.coalesce(_score(), F.lit(0.0)))
        .withColumn("detected_anomaly", F.col("anomaly_score") > F.lit(0.0))
        .withColumn("anomaly_reason", F.when(F.col("detected_anomaly"), _reason()))
        .drop("_low", "_high")
    )


def severity() -> Column:
    """Severity of an anomaly, from its `anomaly_score`."""
    score = F.col("anomaly_score")
    return (
        F.when(score >= F.lit(HIGH_SCORE), Severity.HIGH.value)
        .when(score >= F.lit(MEDIUM_SCORE), Severity.MEDIUM.value)
        .otherwise(Severity.LOW.value)
    )


def _limit(catalogue: tuple[SensorType, ...], limit: str) -> Column:
    limits = [
        part for entry in catalogue for part in (F.lit(f"{entry.name} {entry.unit}"), F.lit(getattr(entry, limit)))
    ]
    if not limits:
        return F.lit(None).cast("double")
    return F.try_element_at(F.create_map(*limits), F.concat_ws(" ", "sensor_type", "unit"))


def _score() -> Column:
    value, low, high = F.col("value"), F.col("_low"), F.col("_high")
    distance = F.greatest(low - value, value - high, F.lit(0.0))
    # Finite, however narrow the range is: an infinity is no JSON.
    return F.when(low.isNotNull(), F.least(distance / (high - low), F.lit(sys.float_info.max)))


def _reason() -> Column:
    side = F.when(F.col("value") < F.col("_low"), F.lit("below")).otherwise(F.lit("above"))
    return F.format_string(
        "%s %s is %s the normal range of %s, %s to %s",
        F.col("value").cast("string"),
        "unit",
        side,
        "sensor_type",
        F.col("_low").cast("string"),
        F.col("_high").cast("string"),
    )
