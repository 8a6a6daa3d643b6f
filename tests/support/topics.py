"""Topics of a test's or benchmark's own on any broker: made, measured, deleted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from iot_contracts.topics import IOT_SENSORS


@asynccontextmanager
async def own_topic(bootstrap: str, name: str, partitions: int = IOT_SENSORS.partitions) -> AsyncIterator[str]:
    """A fresh topic with the settings of `iot-sensors`, deleted at the end; yields its name."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, partitions, 1, topic_configs=IOT_SENSORS.config())])
        try:
            yield name
        finally:
            await admin.delete_topics([name])
    finally:
        await admin.close()


async def messages_in(bootstrap: str, topic: str, partitions: int = IOT_SENSORS.partitions) -> int:
    """How many messages are in a topic that loses none: its end offsets less its first ones."""
    consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(partitions)]
        ends = await consumer.end_offsets(places)
        starts = await consumer.beginning_offsets(places)
        return sum(ends[place] - starts[place] for place in places)
    finally:
        await consumer.stop()
