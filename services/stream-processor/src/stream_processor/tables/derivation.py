"""Derives tables from `iot.readings` at a slower pace than its commits, each reading exactly once.

A derived table's snapshots carry the offsets up to which it is complete, like those of `iot.readings`. What
lies between the two offsets is new; the offsets are columns of the readings, so it does not matter which
snapshots have expired meanwhile.
"""

from collections.abc import Callable

from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import ANOMALIES, OFFSETS_PROPERTY, READINGS, SOURCE_SNAPSHOT_PROPERTY, WINDOW_STATS, Table
from stream_processor.tables import anomalies, window_stats
from stream_processor.tables.catalog import newest_with_offsets, offsets_of
from stream_processor.tables.offsets import Offsets, encode_offsets
from stream_processor.tables.readings import is_past
from stream_processor.tables.schemas import full_name

Derive = Callable[[SparkSession, DataFrame, dict[str, str]], None]
DERIVED: tuple[tuple[Table, Derive], ...] = ((ANOMALIES, anomalies.derive), (WINDOW_STATS, window_stats.derive))


def derive_tables(spark: SparkSession) -> dict[str, int]:
    """Bring every derived table up to the newest snapshot of `iot.readings`.

    Returns how many messages each advanced by; a table that is up to date already is not touched.
    """
    source = newest_with_offsets(spark, READINGS)
    if source is None:
        return {}
    target = offsets_of(source)
    return {table.name: _derive_one(spark, table, derive, source.id, target) for table, derive in DERIVED}


def _derive_one(spark: SparkSession, table: Table, derive: Derive, source_id: int, target: Offsets) -> int:
    done = offsets_of(newest_with_offsets(spark, table))
    missing = sum(offset - done.get(partition, 0) for partition, offset in target.items())
    if missing <= 0:
        return 0
    readings = spark.read.option("versionAsOf", source_id).table(full_name(READINGS))
    # That snapshot holds nothing at or above its own offsets, so the new readings need no upper bound.
    properties = {OFFSETS_PROPERTY: encode_offsets(target), SOURCE_SNAPSHOT_PROPERTY: str(source_id)}
    derive(spark, readings.where(is_past(done)), properties)
    return missing
