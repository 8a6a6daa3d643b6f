"""Topics of a test's or benchmark's own on any broker: made, measured, deleted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from iot_contracts.readings import Reading
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


async def readings_of(bootstrap: str, sensor_id: str) -> list[Reading]:
    """Every reading of a sensor on `iot-sensors`, repetitions too."""
    consumer: AIOKafkaConsumer[bytes, bytes] = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(IOT_SENSORS.name, number) for number in range(IOT_SENSORS.partitions)]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        found: list[Reading] = []
        for place in places:
            while await consumer.position(place) < ends[place]:
                records = (await consumer.getmany(place, timeout_ms=1000)).get(place, [])
                values = [record.value or b"" for record in records if record.key == sensor_id.encode()]
                found.extend(msgspec.json.decode(value, type=Reading) for value in values)
        return found
    finally:
        await consumer.stop()
