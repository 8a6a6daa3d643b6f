"""What of `iot-sensors` is not stored yet, how long it has waited, and how much Kafka keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from iot_contracts.commits import Commit
from iot_contracts.tables import READINGS
from iot_contracts.topics import IOT_COMMITS, IOT_SENSORS
from iot_domain.decoding import MessageDecoder, Refusal
from iotctl.doctor.facts import PartitionFact
from service_kit.kafka_headers import read_any_header_names

REQUEST_MS = 5_000
POLL_MS = 200
_commits = MessageDecoder(Commit)


def partition_facts(bootstrap: str, data: Path, committed: Mapping[int, int] | None) -> list[PartitionFact]:
    """Look at every partition; `committed` are the table's offsets, None when the table could not be asked.

    Raises KafkaError, OSError, TimeoutError, and LookupError when nothing says what is stored.
    """
    return asyncio.run(_partition_facts(bootstrap, data, committed))


async def _partition_facts(bootstrap: str, data: Path, committed: Mapping[int, int] | None) -> list[PartitionFact]:
    read_any_header_names()
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, client_id="iotctl", enable_auto_commit=False, request_timeout_ms=REQUEST_MS
    )
    try:
        await consumer.start()
        places = [TopicPartition(IOT_SENSORS.name, number) for number in range(IOT_SENSORS.partitions)]
        beginnings, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        committed = await _announced(consumer) if committed is None else committed
        return [
            await _partition_fact(consumer, place, (beginnings[place], ends[place]), committed, data)
            for place in places
        ]
    finally:
        await consumer.stop()


async def _announced(consumer: AIOKafkaConsumer) -> Mapping[int, int]:
    """Return the offsets of the newest announced commit of iot.readings, which Kafka keeps for a day.

    Raises LookupError when there is none: of a stack that had no reading since, that says nothing.
    """
    place = TopicPartition(IOT_COMMITS.name, 0)
    end = (await consumer.end_offsets([place]))[place]
    first = (await consumer.beginning_offsets([place]))[place]
    # The tables' announcements are few: the newest of iot.readings is among the last ones.
    newest = [record.value async for record in _messages(consumer, place, max(first, end - 10), end)]
    for payload in reversed(newest):
        commit = _commits.decode(payload)
        if not isinstance(commit, Refusal) and commit.table == READINGS.name:
            return {int(number): offset for number, offset in commit.offsets.items()}
    raise LookupError("the table cannot be asked what it holds, and no commit was announced lately")


async def _messages(
    consumer: AIOKafkaConsumer, place: TopicPartition, first: int, end: int
) -> AsyncGenerator[ConsumerRecord, None]:
    """Yield what stands at [first, end); offsets that hold no message, as the end of a transaction, are passed over."""
    if first >= end:
        return
    consumer.assign([place])
    consumer.seek(place, first)
    async with asyncio.timeout(REQUEST_MS / 1000):
        while await consumer.position(place) < end:
            for records in (await consumer.getmany(place, timeout_ms=POLL_MS)).values():
                for record in records:
                    yield record


async def _partition_fact(
    consumer: AIOKafkaConsumer, place: TopicPartition, known: tuple[int, int], committed: Mapping[int, int], data: Path
) -> PartitionFact:
    first, end = known
    stored_up_to = max(first, committed.get(place.partition, 0))
    unread, now = max(0, end - stored_up_to), time.time()
    newest = await _appended_s(consumer, place, max(first, end - 1), end)
    oldest_unread = await _appended_s(consumer, place, stored_up_to, end)
    size = sum(file.stat().st_size for file in (data / f"{place.topic}-{place.partition}").glob("*.log"))
    return PartitionFact(
        partition=place.partition,
        unread=unread,
        oldest_unread_age_s=None if oldest_unread is None else now - oldest_unread,
        retention_s=IOT_SENSORS.retention.total_seconds() if IOT_SENSORS.retention else None,
        unread_bytes=size * unread // max(1, end - first),
        retention_bytes=IOT_SENSORS.retention_bytes_per_partition,
        newest_in_future_s=0.0 if newest is None else max(0.0, newest - now),
    )


async def _appended_s(consumer: AIOKafkaConsumer, place: TopicPartition, first: int, end: int) -> float | None:
    """Return when the first message at [first, end) was appended, None when there is none."""
    async with aclosing(_messages(consumer, place, first, end)) as messages:
        async for record in messages:
            return float(record.timestamp) / 1000
    return None
