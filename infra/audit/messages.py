"""Reads `iot-sensors` into Parquet files, a process a partition, each message judged as the table judges it."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Callable, Mapping, MutableSequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from aiokafka import ConsumerRecord, TopicPartition

from audit.kafka_log import consumer_of, read
from iot_contracts.topics import IOT_SENSORS
from iot_domain.decoding import Refusal, decode_reading

SELECT = "kafka_partition, kafka_offset, appended_ms, sensor_id, reading_id"
ROWS_PER_GROUP = 50_000
WATCH_S = 0.25
_SCHEMA = pa.schema(
    [
        ("kafka_partition", pa.int32()),
        ("kafka_offset", pa.int64()),
        ("appended_ms", pa.int64()),
        ("sensor_id", pa.string()),
        ("reading_id", pa.binary()),
    ]
)
Row = tuple[int, int, int, str | None, bytes | None]


class ReaderFailedError(Exception):
    """A process that reads a partition ended with an error, which it has printed."""


def identity_of(payload: bytes | None) -> tuple[str, bytes] | tuple[None, None]:
    """Return the identity of the reading in a message; none when there is none in it."""
    reading = decode_reading(payload)
    return (None, None) if isinstance(reading, Refusal) else (reading.sensor_id, reading.reading_id.bytes)


def read_messages(
    bootstrap: str, ranges: Mapping[int, tuple[int, int]], folder: Path, on_progress: Callable[[int, int], None]
) -> list[Path]:
    """Write each partition's messages of [first, end) into a file; return the files.

    `on_progress` gets how many offsets are done, and of how many. Raises ReaderFailedError.
    """
    context = multiprocessing.get_context("spawn")
    done = context.Array("q", len(ranges))
    work = [(ranges[partition], folder / f"received-{partition}.parquet", partition) for partition in sorted(ranges)]
    processes = [
        context.Process(target=_read_partition, args=(bootstrap, partition, span, target, done, place))
        for place, (span, target, partition) in enumerate(work)
        if span[0] < span[1]
    ]
    total = sum(max(0, end - first) for first, end in ranges.values())
    for process in processes:
        process.start()
    try:
        for process in processes:
            while process.is_alive():
                process.join(WATCH_S)
                on_progress(sum(done[:]), total)
            if process.exitcode:
                raise ReaderFailedError(f"reading {IOT_SENSORS.name} ended with {process.exitcode}")
    finally:
        for process in processes:
            process.kill()
    return [target for _, target, _ in work if target.exists()]


def _read_partition(
    bootstrap: str, partition: int, span: tuple[int, int], target: Path, done: MutableSequence[int], place: int
) -> None:
    def report(offset: int) -> None:
        done[place] = offset - span[0]

    asyncio.run(_write(bootstrap, TopicPartition(IOT_SENSORS.name, partition), span, target, report))


async def _write(
    bootstrap: str, place: TopicPartition, span: tuple[int, int], target: Path, report: Callable[[int], None]
) -> None:
    rows: list[Row] = []
    with pq.ParquetWriter(target, _SCHEMA, compression="zstd", compression_level=1) as writer:
        async with consumer_of(bootstrap) as consumer:
            async for records in read(consumer, {place: span}):
                rows += map(_row, records)
                if len(rows) >= ROWS_PER_GROUP:
                    writer.write_table(_table(rows))
                    report(rows[-1][1])
                    rows = []
        if rows:
            writer.write_table(_table(rows))
    report(span[1])


def _row(record: ConsumerRecord[bytes, bytes]) -> Row:
    return (record.partition, record.offset, record.timestamp, *identity_of(record.value))


def _table(rows: list[Row]) -> pa.Table:
    columns = zip(*rows, strict=True)
    return pa.table([pa.array(column, one.type) for column, one in zip(columns, _SCHEMA, strict=True)], schema=_SCHEMA)
