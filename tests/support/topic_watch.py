"""Reading a topic from a chosen moment on."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from iot_contracts.topics import Topic
from service_kit.testing import wait_until

T = TypeVar("T", bound=msgspec.Struct)


class TopicWatch:
    """Everything that has come on one topic since the watch began."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self.records: list[ConsumerRecord[bytes, bytes]] = []

    async def poll(self) -> list[ConsumerRecord[bytes, bytes]]:
        """Take what has come since the last poll, waiting 0.2 s for it, and return it."""
        batches = await self._consumer.getmany(timeout_ms=200)
        new = [record for batch in batches.values() for record in batch]
        self.records.extend(new)
        return new

    async def first(
        self,
        payload: type[T],
        wanted: Callable[[T], bool],
        *,
        deadline_s: float,
    ) -> T:
        """The first message for which `wanted` is true; AssertionError after `deadline_s`."""

        async def found() -> T | None:
            await self.poll()
            messages = (msgspec.json.decode(record.value or b"", type=payload) for record in self.records)
            return next((message for message in messages if wanted(message)), None)

        return await wait_until(
            found, deadline_s=deadline_s, otherwise=f"no such {payload.__name__} among {len(self.records)}"
        )


@asynccontextmanager
async def watch(kafka: str, topic: Topic) -> AsyncIterator[TopicWatch]:
    """Watch a topic from its present end on."""
    consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(partitions)
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        yield TopicWatch(consumer)
    finally:
        await consumer.stop()
