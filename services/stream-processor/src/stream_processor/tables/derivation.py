"""Derives tables from `iot.readings` at a slower pace than its commits, each reading exactly once.

A derived table's snapshots carry the offsets up to which it is complete, like those of `iot.readings`. What
lies between the two offsets is new; the offsets are columns of the readings, so it does not matter which
snapshots have expired meanwhile. As long as none has, only the files that were appended since are opened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import (
    ANOMALIES,
    OFFSETS_PROPERTY,
    READINGS,
    ROLLUPS,
    SOURCE_SEQUENCE_PROPERTY,
    SOURCE_SNAPSHOT_PROPERTY,
    WINDOW_STATS,
    Table,
)
from stream_processor.tables import anomalies, rollups, window_stats
from stream_processor.tables.catalog import ancestors, newest_with_offsets, offsets_of
from stream_processor.tables.offsets import Offsets, encode_offsets
from stream_processor.tables.readings import is_past
from stream_processor.tables.schemas import full_name
from stream_processor.tables.snapshots import Snapshot, newest_with

Derive = Callable[[SparkSession, DataFrame, dict[str, str]], None]


@dataclass(frozen=True)
class Pace:
    """A table waits until so many messages are new, or what is new has waited so long."""

    messages: int = 0
    wait: timedelta = timedelta()

    def is_due(self, missing: int, derived_at: datetime, now: datetime) -> bool:
        """Whether `missing` messages are worth a commit, the last one having been at `derived_at`."""
        return missing > 0 and (missing >= self.messages or now - derived_at >= self.wait)


_ROLLUP_PACE = Pace(messages=500_000, wait=timedelta(minutes=30))
"""Who reads adds what a rollup lacks from the readings, in some 10 ms for half a million: so fewer, larger files."""
DERIVED: tuple[tuple[Table, Derive, Pace], ...] = (
    (ANOMALIES, anomalies.derive, Pace()),
    (WINDOW_STATS, window_stats.derive, Pace()),
    *((table, rollups.derive_into(table, width_s), _ROLLUP_PACE) for width_s, table in ROLLUPS),
)


def derive_tables(spark: SparkSession, unhurried_since: datetime | None = None) -> dict[str, int]:
    """Bring the derived tables up to the newest snapshot of `iot.readings`.

    With `unhurried_since`, the time that counts as the last derivation of a table without any, each at its pace; else
    all now. Returns how many messages each advanced by; a table that is up to date already is not touched. One that
    fails keeps no other from its turn; the first failure is raised in the end.
    """
    history = list(ancestors(spark, READINGS))
    source = newest_with(history, OFFSETS_PROPERTY)
    if source is None:
        return {}
    known = {snapshot.id for snapshot in history}
    advanced: dict[str, int] = {}
    failures: list[Exception] = []
    for table, derive, pace in DERIVED:
        try:
            paced = pace if unhurried_since else Pace()
            advanced[table.name] = _derive_one(spark, table, derive, source, known, paced, unhurried_since)
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return advanced


def _derive_one(
    spark: SparkSession,
    table: Table,
    derive: Derive,
    source: Snapshot,
    known: set[int],
    pace: Pace,
    unhurried_since: datetime | None,
) -> int:
    last, target = newest_with_offsets(spark, table), offsets_of(source)
    done = offsets_of(last)
    missing = sum(offset - done.get(partition, 0) for partition, offset in target.items())
    now = datetime.now(UTC)
    if not pace.is_due(missing, last.committed_at if last else unhurried_since or now, now):
        return 0
    properties = {
        OFFSETS_PROPERTY: encode_offsets(target),
        SOURCE_SNAPSHOT_PROPERTY: str(source.id),
        SOURCE_SEQUENCE_PROPERTY: str(source.sequence_number),
    }
    derive(spark, _new_readings(spark, last, done, source, known), properties)
    return missing


def _new_readings(
    spark: SparkSession, last: Snapshot | None, done: Offsets, source: Snapshot, known: set[int]
) -> DataFrame:
    """The readings of `source` past the offsets `done`.

    Neither way needs an upper bound: no file of `source` holds anything at or above its own offsets.
    """
    since = int(last.properties.get(SOURCE_SNAPSHOT_PROPERTY, 0)) if last else 0
    reader = spark.read
    if since in known and since != source.id:
        reader = reader.option("start-snapshot-id", since).option("end-snapshot-id", source.id)
    else:
        reader = reader.option("versionAsOf", source.id)
    return reader.table(full_name(READINGS)).where(is_past(done))
