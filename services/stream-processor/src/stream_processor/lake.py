"""The tables as Iceberg sees them: making them, reading their snapshots' summaries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import SparkSession

from iot_contracts.tables import DATABASE, OFFSETS_PROPERTY, TABLES, Table
from stream_processor.offsets import decode_offsets
from stream_processor.snapshots import Snapshot, newest_with
from stream_processor.table_schemas import CATALOG, create_table_ddl, full_name

TABLE_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # A micro-batch writes one file a day that it touches; shuffling it by day first would cost more.
    "write.distribution-mode": "none",
    "write.spark.fanout.enabled": "true",
    "write.merge.distribution-mode": "hash",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    # A commit that loses a race against compaction tries again.
    "commit.retry.num-retries": "10",
}


def create_tables(spark: SparkSession, hdfs_uri: str) -> None:
    """Make the database and the tables of the contract that are not there yet."""
    spark.sql(f"CREATE DATABASE IF NOT EXISTS {CATALOG}.{DATABASE}")
    for table in TABLES:
        spark.sql(create_table_ddl(table, hdfs_uri, TABLE_PROPERTIES))


def ancestors(spark: SparkSession, table: Table) -> Iterator[Snapshot]:
    """The table's current snapshot and those before it, newest first."""
    loaded = _load(spark, table)
    loaded.refresh()
    snapshot = loaded.currentSnapshot()
    while snapshot is not None:
        yield Snapshot(
            id=snapshot.snapshotId(),
            committed_at=datetime.fromtimestamp(snapshot.timestampMillis() / 1000, UTC),
            properties=dict(snapshot.summary()),
        )
        parent = snapshot.parentId()
        snapshot = None if parent is None else loaded.snapshot(parent)


def border_snapshot(spark: SparkSession, table: Table) -> Snapshot | None:
    """The newest snapshot that says which offsets it reaches."""
    return newest_with(ancestors(spark, table), OFFSETS_PROPERTY)


def border_of(snapshot: Snapshot | None) -> dict[int, int]:
    """The offsets that a snapshot reaches; none for a table without one."""
    return decode_offsets(snapshot.properties[OFFSETS_PROPERTY]) if snapshot else {}


def _load(spark: SparkSession, table: Table) -> Any:
    jvm = spark.sparkContext._jvm
    assert jvm is not None  # noqa: S101 - there is one as long as the context lives
    return jvm.org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, full_name(table))
