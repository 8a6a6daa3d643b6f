"""Brings the operator's memory of identities to where a batch starts; what it lacks is read from the table."""

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - its name everywhere

from iot_contracts.tables import READINGS
from service_kit.logging import get_logger
from stream_processor.operator.columns import READING_FIELDS, Columns, identities, sensor_hash
from stream_processor.operator.identity_table import IdentityTable
from stream_processor.operator.request import identity_folder
from stream_processor.settings import Settings
from stream_processor.tables.offsets import Offsets
from stream_processor.tables.schemas import full_name

ROWS_AT_ONCE = 250_000
_log = get_logger(__name__)


def restore_identities(spark: SparkSession, settings: Settings, start: Offsets, topic_id: str) -> None:
    """Let every partition's table know what stands below `start` in `iot.readings`; nothing to do where it does.

    Of more readings than are remembered, it learns the newest, and of the others how new they are, by sensor.
    """
    for partition, offset in start.items():
        folder = identity_folder(settings.state_dir, partition)
        header = IdentityTable.header(folder)
        known = header.end if header and header.topic_id == topic_id else 0
        if header and known >= offset:
            continue
        readings = spark.table(full_name(READINGS)).where(F.col("kafka_partition") == partition)
        first = max(known, offset - settings.identities_per_generation, 0)
        if header and first == known:
            table = IdentityTable(folder, settings.identities_per_generation)
        else:
            older = readings.where(F.col("kafka_offset") < first)
            table = IdentityTable.create(folder, settings.identities_per_generation, _newest_by_sensor(older, first))
        _add(table, readings, partition, first, offset)
        table.finish(topic_id, offset)
        _log.info("identities were read from the table", partition=partition, first=first, end=offset)


def _newest_by_sensor(older: DataFrame, first: int) -> dict[int, int]:
    """Of each sensor (its hash) the newest event time among these readings, in seconds since 1970, rounded up."""
    if first <= 0:
        return {}
    newest = older.groupBy("sensor_id").agg(F.max(F.unix_micros("event_timestamp")).alias("us")).toArrow()
    return {
        sensor_hash(sensor_id): -(-microseconds // 1_000_000)
        for sensor_id, microseconds in zip(newest["sensor_id"].to_pylist(), newest["us"].to_pylist(), strict=True)
    }


def _add(table: IdentityTable, readings: DataFrame, partition: int, first: int, end: int) -> None:
    names = [field.name for field in READING_FIELDS]
    for start in range(first, end, ROWS_AT_ONCE):
        offset = F.col("kafka_offset")
        rows = readings.where((offset >= start) & (offset < min(start + ROWS_AT_ONCE, end)))
        found = rows.select(*names, "kafka_offset").toArrow().sort_by("kafka_offset").combine_chunks()
        for batch in found.to_batches():
            columns = Columns.of(batch.select(names).cast(pa.schema(READING_FIELDS)), _offsets(batch))
            table.find_or_add(identities(columns, partition))


def _offsets(batch: pa.RecordBatch) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    offsets: np.ndarray[tuple[int], np.dtype[np.int64]] = batch.column("kafka_offset").to_numpy(zero_copy_only=False)
    return offsets
