"""`iot.window_stats`: one row a window, sensor type and location. Derived from `iot.readings`.

Windows that got readings are computed anew from all readings in them and merged by key, so that doing it twice
changes nothing and a late reading corrects its window.
"""

from collections.abc import Iterable
from functools import reduce
from itertools import pairwise
from operator import and_, or_

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS, WINDOW_STATS
from iot_contracts.window_stats import WINDOW_LENGTH_S
from stream_processor.tables.catalog import append
from stream_processor.tables.schemas import full_name
from stream_processor.windows.panes import aggregate_panes, combine_panes

KEY = ("window_start", "sensor_type", "location")
MAX_RUNS = 50
_DAY_S = 86_400
_SNAPSHOT_PROPERTY = "spark.sql.iceberg.snapshot-property"


def derive(spark: SparkSession, new_readings: DataFrame, properties: dict[str, str]) -> None:
    """Recompute and merge the windows that the new readings lie in. Without any, only the committed offsets move."""
    touched = combine_panes(aggregate_panes(new_readings)).select(*KEY).cache()
    try:
        # Days since the epoch, not dates: Python would take them for local ones.
        day = F.floor(F.unix_seconds("window_start") / F.lit(_DAY_S)).alias("day")
        runs = day_runs([row["day"] for row in touched.select(day).distinct().collect()])
        if not runs:
            append(spark.table(full_name(WINDOW_STATS)).limit(0), WINDOW_STATS, properties)
            return
        within = (_within(first * _DAY_S, (last + 1) * _DAY_S + WINDOW_LENGTH_S) for first, last in runs)
        span = spark.table(full_name(READINGS)).where(reduce(or_, within))
        fresh = combine_panes(aggregate_panes(span)).join(touched, list(KEY), "left_semi")
        _merge(spark, fresh.select(*(column.name for column in WINDOW_STATS.columns)), properties)
    finally:
        touched.unpersist()


def day_runs(days: Iterable[int], max_runs: int = MAX_RUNS) -> list[tuple[int, int]]:
    """Days as runs (first, last), ascending; past `max_runs` those with the smallest gap between them are joined. Pure.

    One reading of long ago must not have every day since then read.
    """
    runs = [(day, day) for day in sorted(set(days))]
    gaps = sorted((later[0] - earlier[1], index) for index, (earlier, later) in enumerate(pairwise(runs)))
    excess = len(runs) - max_runs
    joined = {index for gap, index in gaps[: max(excess, 0)]} | {index for gap, index in gaps if gap == 1}
    merged: list[tuple[int, int]] = []
    for index, run in enumerate(runs):
        if merged and index - 1 in joined:
            merged[-1] = (merged[-1][0], run[1])
        else:
            merged.append(run)
    return merged


def _within(first_s: int, end_s: int) -> Column:
    """Whether a reading's event time lies in `[first_s, end_s)`, seconds since the epoch."""
    time = F.col("event_timestamp")
    return (time >= F.timestamp_seconds(F.lit(first_s))) & (time < F.timestamp_seconds(F.lit(end_s)))


def _merge(spark: SparkSession, fresh: DataFrame, properties: dict[str, str]) -> None:
    target = full_name(WINDOW_STATS)
    same = reduce(and_, (F.col(f"fresh.{name}") == F.col(f"{target}.{name}") for name in KEY))
    # A merge takes no write options; Iceberg reads these from the session instead.
    for key, value in properties.items():
        spark.conf.set(f"{_SNAPSHOT_PROPERTY}.{key}", value)
    try:
        fresh.alias("fresh").mergeInto(target, same).whenMatched().updateAll().whenNotMatched().insertAll().merge()
    finally:
        for key in properties:
            spark.conf.unset(f"{_SNAPSHOT_PROPERTY}.{key}")
