"""Commits files that the operator wrote to `iot.readings`, fenced: only where the batch's start is the table's end.

A driver that was frozen and wakes after its successor has gone on would append its batch again: Spark's own append
validates nothing. Iceberg asks the validator within the commit, so nothing comes in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import SparkSession

from iot_contracts.tables import OFFSETS_PROPERTY, READINGS
from stream_processor.hadoop_files import jvm, open_path
from stream_processor.operator.facts import TableFile
from stream_processor.tables.catalog import load
from stream_processor.tables.offsets import Offsets, decode_offsets


class Fence:
    """Iceberg's `SnapshotAncestryValidator`: does the batch go on from the newest snapshot with offsets?"""

    def __init__(self) -> None:
        self.expected: Offsets = {}
        self._found: Offsets = {}

    def validate(self, ancestors: Any) -> bool:
        """Called by Iceberg with the snapshots that the commit would come after, newest first."""
        self._found = _newest_offsets(ancestors)
        return self._found == self.expected

    def apply(self, ancestors: Any) -> bool:
        """The same, under the name of java.util.function.Function."""
        return self.validate(ancestors)

    def errorMessage(self) -> str:  # noqa: N802 - Java's name
        """Called by Iceberg for its exception."""
        return (
            f"another writer has stored readings meanwhile: {READINGS.name} holds the offsets {dict(self._found)}, and "
            f"this batch goes on from {dict(self.expected)}"
        )

    class Java:
        """What py4j makes of it."""

        implements = ("org.apache.iceberg.SnapshotAncestryValidator",)


def _newest_offsets(ancestors: Any) -> Offsets:
    iterator = ancestors.iterator()
    while iterator.hasNext():
        summary = iterator.next().summary()
        if summary.containsKey(OFFSETS_PROPERTY):
            return decode_offsets(summary.get(OFFSETS_PROPERTY))
    return {}


class ReadingsWriter:
    """Brings local files into the table's folder and commits them."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._fence = Fence()
        ensure_callback_server_started(spark.sparkContext._gateway)  # type: ignore[no-untyped-call]

    def field_ids(self) -> Mapping[str, int]:
        """Name → field id of the table's columns."""
        columns = load(self._spark, READINGS).schema().columns()
        return {column.name(): int(column.fieldId()) for column in columns}

    def append(self, files: Sequence[TableFile], properties: Mapping[str, str], goes_on_from: Offsets) -> None:
        """One snapshot with these files, or none: then Iceberg's ValidationException says who was faster.

        `goes_on_from`: the offsets of the newest snapshot that has some. A file that is not committed in the end is an
        orphan, which maintenance deletes.
        """
        table = load(self._spark, READINGS)
        commit = table.newAppend()
        for data_file in self._moved(table, files):
            commit.appendFile(data_file)
        for key, value in properties.items():
            commit.set(key, value)
        self._fence.expected = dict(goes_on_from)
        commit.validateWith(self._fence)
        commit.commit()

    def _moved(self, table: Any, files: Sequence[TableFile]) -> Iterable[Any]:
        iceberg = jvm(self._spark).org.apache.iceberg
        spec, metrics = table.spec(), iceberg.MetricsConfig.forTable(table)
        (day,) = (field.name() for field in spec.fields())
        for file in files:
            target = table.locationProvider().newDataLocation(f"{day}={file.day}/{Path(file.path).name}")
            source, _ = open_path(self._spark, f"file:{file.path}")
            path, file_system = open_path(self._spark, target)
            file_system.copyFromLocalFile(True, True, source, path)
            written = table.io().newInputFile(target)
            yield (
                iceberg.DataFiles.builder(spec)
                .withInputFile(written)
                .withFormat("parquet")
                .withPartitionPath(f"{day}={file.day}")
                .withMetrics(iceberg.parquet.ParquetUtil.fileMetrics(written, metrics))
                .build()
            )
