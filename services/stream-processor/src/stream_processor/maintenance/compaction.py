"""Keeps tables readable for ever: small files become larger ones, old snapshots and their files go.

Without it a day of micro-batches leaves tens of thousands of files, and table metadata that every commit has
to write again.
"""

from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from iot_contracts.tables import OFFSETS_PROPERTY, READINGS, TABLES, Table
from stream_processor.settings import Settings
from stream_processor.tables.catalog import ancestors
from stream_processor.tables.schemas import CATALOG
from stream_processor.tables.snapshots import expire_before


def maintain(spark: SparkSession, settings: Settings) -> dict[str, int]:
    """Compact, then expire. Returns how many files were rewritten, by table.

    Neither step of a table that fails keeps another from its turn; the first failure is raised in the end.
    """
    rewritten: dict[str, int] = {}
    failures: list[Exception] = []
    for table in TABLES:
        try:
            rewritten[table.name] = _compact(spark, table, settings)
        except Exception as error:
            failures.append(error)
    for table in TABLES:
        try:
            _expire(spark, table, settings)
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return rewritten


def _compact(spark: SparkSession, table: Table, settings: Settings) -> int:
    sort = "strategy => 'sort', sort_order => 'sensor_id, event_timestamp'," if table is READINGS else ""
    result = spark.sql(
        f"CALL {CATALOG}.system.rewrite_data_files(table => '{table.name}', {sort} options => map("
        f"'min-input-files', '{settings.compaction_min_input_files}', 'max-concurrent-file-group-rewrites', '1'))"
    ).first()
    return int(result["rewritten_data_files_count"]) if result else 0


def _expire(spark: SparkSession, table: Table, settings: Settings) -> None:
    history = list(ancestors(spark, table))
    limit = expire_before(
        history, OFFSETS_PROPERTY, datetime.now(UTC), timedelta(minutes=settings.snapshot_retention_minutes)
    )
    if len(history) <= settings.min_snapshots or history[-1].committed_at >= limit:
        return
    spark.sql(
        f"CALL {CATALOG}.system.expire_snapshots(table => '{table.name}', "
        f"older_than => TIMESTAMP '{limit:%Y-%m-%d %H:%M:%S.%f}', retain_last => {settings.min_snapshots})"
    ).collect()
