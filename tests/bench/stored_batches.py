"""Which of our numbered batches are in Kafka, and each of their readings how often: an audit by reading all of it."""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

from aiokafka import AIOKafkaConsumer, TopicPartition

from bench.batches import READINGS_PER_BATCH
from iot_contracts.topics import IOT_SENSORS

_BATCH = slice(len('{"reading_id":"'), len('{"reading_id":"') + 8)
_INDEX = slice(_BATCH.start + 24, _BATCH.start + 36)


@dataclass(frozen=True)
class Stored:
    """What is in a topic: all messages, those with different ids, and the batches that they are of."""

    messages: int
    distinct: int
    batches: frozenset[int]


def stored_batches(bootstrap: str, topic: str, largest_batch: int) -> Stored:
    """Read the whole topic, a process a partition. Equal ids have equal sensors, so they are in one partition."""
    count = partial(_count, bootstrap, topic, largest_batch)
    with ProcessPoolExecutor(IOT_SENSORS.partitions) as processes:
        parts = list(processes.map(count, range(IOT_SENSORS.partitions)))
    return Stored(
        sum(part.messages for part in parts),
        sum(part.distinct for part in parts),
        frozenset().union(*(part.batches for part in parts)),
    )


def _count(bootstrap: str, topic: str, largest_batch: int, partition: int) -> Stored:
    return asyncio.run(_count_partition(bootstrap, TopicPartition(topic, partition), largest_batch))


async def _count_partition(bootstrap: str, place: TopicPartition, largest_batch: int) -> Stored:
    consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, enable_auto_commit=False, check_crcs=False, max_partition_fetch_bytes=8 * 1024**2
    )
    await consumer.start()
    try:
        consumer.assign([place])
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, 0)
        seen = bytearray((largest_batch + 1) * READINGS_PER_BATCH)
        messages = 0
        while messages < end:
            for record in (await consumer.getmany(place, timeout_ms=1_000)).get(place, ()):
                value = record.value or b""
                seen[int(value[_BATCH], 16) * READINGS_PER_BATCH + int(value[_INDEX], 16)] = 1
                messages += 1
        batches = (number for number in range(largest_batch + 1) if any(_of_batch(seen, number)))
        return Stored(messages, sum(seen), frozenset(batches))
    finally:
        await consumer.stop()


def _of_batch(seen: bytearray, number: int) -> bytearray:
    return seen[number * READINGS_PER_BATCH : (number + 1) * READINGS_PER_BATCH]
