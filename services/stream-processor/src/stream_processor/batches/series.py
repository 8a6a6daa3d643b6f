"""Brings the operator's memory of series to where a batch starts: from a copy, then by the table's rows after it.

What is remembered follows from the readings in the order of their offsets, and the table has them all, so a lost disk
costs time and nothing else. Copies in HDFS, made now and then, make it little time.
"""

from pathlib import Path

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS
from iot_domain.alerting.compiled import CompiledRules
from service_kit.logging import get_logger
from stream_processor.hadoop_files import list_files, open_path
from stream_processor.operator.columns import READING_FIELDS, Columns
from stream_processor.operator.judging import judge
from stream_processor.operator.memory import SUFFIX, TICKED_SUFFIX, SeriesMemory, path_at
from stream_processor.operator.request import series_folder
from stream_processor.settings import Settings
from stream_processor.tables.offsets import Offsets
from stream_processor.tables.schemas import full_name

ROWS_AT_ONCE = 250_000
MAX_REPLAYED = 5_000_000
"""Without any copy, memory begins this many messages before the batch: a minute's work, and a long past."""
KEPT_COPIES = 2
_log = get_logger(__name__)


def restore_series(
    spark: SparkSession, settings: Settings, start: Offsets, topic_id: str, rules: CompiledRules
) -> None:
    """Let every partition have the memory that belongs to `start`; nothing to do where it is there."""
    for partition, offset in start.items():
        folder = series_folder(settings.state_dir, partition)
        if offset == 0 or path_at(folder, offset).exists():
            continue
        copies = _copies(spark, settings, topic_id, partition)
        below = [copy for copy in copies if copy <= offset]
        first = max(below, default=max(0, offset - MAX_REPLAYED))
        if below:
            _fetch(spark, copies[first], path_at(folder, first))
        memory = SeriesMemory.load(folder, first)
        readings = spark.table(full_name(READINGS)).where(F.col("kafka_partition") == partition)
        replayed = sum(
            _learn(memory, readings, at, min(at + ROWS_AT_ONCE, offset), rules)
            for at in range(first, offset, ROWS_AT_ONCE)
        )
        memory.save(folder, offset)
        _log.info("series were learned from the table", partition=partition, first=first, end=offset, readings=replayed)


def copy_series(spark: SparkSession, settings: Settings, committed: Offsets, topic_id: str) -> None:
    """Copy the memory at these offsets to HDFS, and delete older ones; what is gone meanwhile waits."""
    for partition, offset in committed.items():
        memory = path_at(series_folder(settings.state_dir, partition), offset)
        ticked = memory.with_suffix(TICKED_SUFFIX)
        source = ticked if ticked.exists() else memory
        target = f"{_folder(settings, topic_id, partition)}/{memory.name}"
        copies = _copies(spark, settings, topic_id, partition)
        if not source.exists() or offset in copies:
            continue
        unfinished = f"{target}.new"
        local, _ = open_path(spark, f"file:{source}")
        path, file_system = open_path(spark, unfinished)
        file_system.copyFromLocalFile(False, True, local, path)
        file_system.rename(path, open_path(spark, target)[0])
        for older in sorted(copies)[: 1 - KEPT_COPIES]:
            file_system.delete(open_path(spark, copies[older])[0], False)


def _copies(spark: SparkSession, settings: Settings, topic_id: str, partition: int) -> dict[int, str]:
    """Offset → location of each copy. Offsets of another topic are no offsets of this one."""
    found = list_files(spark, _folder(settings, topic_id, partition))
    return {int(Path(file).stem): file for file in found if file.endswith(SUFFIX)}


def _folder(settings: Settings, topic_id: str, partition: int) -> str:
    return f"{settings.warehouse}/state/{topic_id}/series/{partition}"


def _fetch(spark: SparkSession, location: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path, file_system = open_path(spark, location)
    file_system.copyToLocalFile(False, path, open_path(spark, f"file:{target}")[0], True)


def _learn(memory: SeriesMemory, readings: DataFrame, first: int, end: int, rules: CompiledRules) -> int:
    names = [field.name for field in READING_FIELDS]
    offset = F.col("kafka_offset")
    rows = readings.where((offset >= first) & (offset < end)).select(*names, "kafka_offset", "processing_time")
    learned = 0
    for batch in rows.toArrow().sort_by("kafka_offset").combine_chunks().to_batches():
        columns = Columns.of(
            batch.select(names).cast(pa.schema(READING_FIELDS)),
            batch.column("kafka_offset").to_numpy(zero_copy_only=False),
            batch.column("processing_time").cast(pa.int64()).to_numpy(zero_copy_only=False),
        )
        judge(memory, columns, rules)
        learned += len(columns)
    return learned
