"""The tables as Iceberg sees them: making them, appending to them, reading their snapshots' summaries."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from iot_contracts.tables import DATABASE, OFFSETS_PROPERTY, TABLES, Table
from stream_processor.errors import TableLostError
from stream_processor.hadoop_files import has_files, jvm
from stream_processor.tables.migrations import migrate
from stream_processor.tables.offsets import decode_offsets
from stream_processor.tables.schemas import CATALOG, create_table_ddl, full_name, table_location
from stream_processor.tables.snapshots import Snapshot, newest_with

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
    """Make the database and the tables of the contract that are not there yet, and add columns to those that are.

    Raises MigrationError when a table can't become what the contract says, and TableLostError when the metastore does
    not know a table whose files are there.
    """
    spark.sql(f"CREATE DATABASE IF NOT EXISTS {CATALOG}.{DATABASE}")
    for table in TABLES:
        _refuse_to_hide_files(spark, table, hdfs_uri)
        spark.sql(create_table_ddl(table, hdfs_uri, TABLE_PROPERTIES))
        migrate(spark, table)


def _refuse_to_hide_files(spark: SparkSession, table: Table, hdfs_uri: str) -> None:
    """A table made anew in the folder of another one would count as empty, and all that was stored as lost."""
    location = table_location(table, hdfs_uri)
    if not spark.catalog.tableExists(full_name(table)) and has_files(spark, f"{location}/metadata"):
        raise TableLostError(
            f"the metastore does not know {table.name}, but {location} holds its files. Bring the metastore's database "
            f"back (make restore), or register the newest of {location}/metadata/*.metadata.json in it with Iceberg's "
            "register_table; move the folder away to begin with an empty table"
        )


def ancestors(spark: SparkSession, table: Table) -> Iterator[Snapshot]:
    """The table's current snapshot and those before it, newest first."""
    loaded = load(spark, table)
    loaded.refresh()
    snapshot = loaded.currentSnapshot()
    while snapshot is not None:
        yield Snapshot(
            id=snapshot.snapshotId(),
            committed_at=datetime.fromtimestamp(snapshot.timestampMillis() / 1000, UTC),
            properties=dict(snapshot.summary()),
            sequence_number=snapshot.sequenceNumber(),
        )
        parent = snapshot.parentId()
        snapshot = None if parent is None else loaded.snapshot(parent)


def newest_with_offsets(spark: SparkSession, table: Table) -> Snapshot | None:
    """The newest snapshot that says which offsets it reaches."""
    return newest_with(ancestors(spark, table), OFFSETS_PROPERTY)


def offsets_of(snapshot: Snapshot | None) -> dict[int, int]:
    """The offsets that a snapshot reaches; none for a table without one."""
    return decode_offsets(snapshot.properties[OFFSETS_PROPERTY]) if snapshot else {}


def append(rows: DataFrame, table: Table, properties: Mapping[str, str]) -> None:
    """Append rows as one snapshot whose summary carries `properties`."""
    writer = rows.writeTo(full_name(table))
    for key, value in properties.items():
        writer = writer.option(f"snapshot-property.{key}", value)
    writer.append()


def load(spark: SparkSession, table: Table) -> Any:
    """Iceberg\'s own object of a table."""
    return jvm(spark).org.apache.iceberg.spark.Spark3Util.loadIcebergTable(spark._jsparkSession, full_name(table))
